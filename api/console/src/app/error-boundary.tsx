import { Button, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** Catches a page that failed to load or to draw, such as one of a version that the server no longer has. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Stack align="center" p="xl" role="alert">
        <Text>This page could not be shown. The server may have a newer version.</Text>
        <Button onClick={() => location.reload()}>Reload</Button>
      </Stack>
    );
  }
}
