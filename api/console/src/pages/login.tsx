import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Wheel } from '../app/brand.tsx';
import { post } from '../data/client.ts';
import { sentence } from '../parts/format.ts';

export function LoginPage() {
  const client = useQueryClient();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  const login = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await post('/login', { name: form.get('name'), password: form.get('password') });
      await client.resetQueries({ queryKey: ['me'] });
    } catch (failure) {
      setError(sentence((failure as Error).message));
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <Paper
        component="form"
        withBorder
        p="xl"
        radius="lg"
        w="100%"
        maw={380}
        className="panel"
        onSubmit={login}
      >
        <Stack gap="md">
          <Stack gap={6} align="center" mb="xs">
            <Wheel size={44} />
            <Title order={1} size="h3">
              Millrace
            </Title>
            <Text size="sm" c="dimmed" ta="center">
              Log in to your cluster
            </Text>
          </Stack>
          {error && (
            <Alert color="red" variant="light" role="alert">
              {error}
            </Alert>
          )}
          <TextInput label="Name" name="name" defaultValue="admin" autoComplete="username" required />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            autoFocus
          />
          <Button type="submit" loading={busy} fullWidth mt="xs">
            Log in
          </Button>
          <Text size="xs" c="dimmed">
            The first password was printed once on the terminal that started Millrace. Lost it? Run{' '}
            <span className="mono">npm run -s millrace -- reset-password admin</span>
          </Text>
        </Stack>
      </Paper>
    </main>
  );
}
