import { Alert, Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { post } from '../data/client.ts';
import type { Me } from '../data/wire.ts';
import { sentence } from '../parts/format.ts';
import { Panel } from '../parts/panel.tsx';

/** One's own password. */
export default function AccountPage({ me }: { me: Me }) {
  const change = useMutation({
    mutationFn: (body: { current: string; next: string }) => post('/password', body),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    change.mutate(
      { current: String(data.get('current')), next: String(data.get('next')) },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <Panel title={`Password of ${me.name}`}>
      <form onSubmit={submit}>
        <Stack p="md" maw={420} gap="md">
          <Text size="sm" c="dimmed">
            Changing it ends every other session.
          </Text>
          {change.error && (
            <Alert color="red" variant="light" role="alert">
              {sentence(change.error.message)}
            </Alert>
          )}
          {change.isSuccess && (
            <Alert color="teal" variant="light" role="status">
              The password is changed.
            </Alert>
          )}
          <input type="text" name="name" defaultValue={me.name} autoComplete="username" hidden readOnly />
          <PasswordInput label="Current password" name="current" autoComplete="current-password" required />
          <PasswordInput
            label="New password"
            description="At least 12 characters"
            name="next"
            autoComplete="new-password"
            minLength={12}
            required
          />
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </Stack>
      </form>
    </Panel>
  );
}
