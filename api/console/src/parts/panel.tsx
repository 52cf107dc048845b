import { Group, Paper, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

/** A titled region of a page. */
export function Panel({
  title,
  aside,
  children,
  className = '',
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  const id = useId();
  return (
    <Paper component="section" withBorder radius="md" aria-labelledby={id} className={`panel ${className}`}>
      <Group justify="space-between" px="md" py="xs" className="panel-head" wrap="nowrap" gap="sm">
        <Title order={2} size="h6" id={id}>
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Paper>
  );
}
