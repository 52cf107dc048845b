import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

/** Shows a query in whichever state it is: loading, failed, empty or full. Old data stays while a refresh fails. */
export function Loaded<T>({
  query,
  empty,
  rows = 4,
  isEmpty = (data) => Array.isArray(data) && data.length === 0,
  children,
}: {
  query: UseQueryResult<T>;
  empty: ReactNode;
  rows?: number;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  if (query.data === undefined) {
    if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
    return <Waiting rows={rows} />;
  }
  return isEmpty(query.data) ? <Nothing>{empty}</Nothing> : children(query.data);
}

export function Waiting({ rows }: { rows: number }) {
  return (
    <Stack gap="sm" p="md" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <Skeleton key={row} height={14} width={`${92 - row * 9}%`} />
      ))}
    </Stack>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text c="dimmed" size="sm" ta="center" px="lg" py="xl" maw={460} mx="auto">
      {children}
    </Text>
  );
}

export function Failed({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <Group p="md" justify="space-between" role="alert">
      <Text size="sm" className="down">
        {error.message}
      </Text>
      <Button size="compact-sm" variant="default" onClick={retry}>
        Try again
      </Button>
    </Group>
  );
}
