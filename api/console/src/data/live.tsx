import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { LiveSocket, type LiveState } from './live-socket.ts';
import type { LiveMessage } from './wire.ts';

const Live = createContext<LiveSocket | undefined>(undefined);
const GATHER_MS = 400;

/** Keeps what is on screen up to date while it is mounted: the stream says what changed, the API says how. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [socket] = useState(() => new LiveSocket());
  const client = useQueryClient();
  useEffect(() => {
    const stale = gather(client);
    const forget = socket.onMessage((message) => apply(client, stale, message));
    let lost = false;
    const forgetState = socket.onState(() => {
      if (socket.state === 'lost') lost = true;
      if (socket.state === 'live' && lost) void client.invalidateQueries();
    });
    socket.open();
    return () => {
      forget();
      forgetState();
      socket.close();
    };
  }, [socket, client]);
  return <Live value={socket}>{children}</Live>;
}

export function useLiveState(): LiveState {
  const socket = useLiveSocket();
  return useSyncExternalStore(socket.onState, () => socket.state);
}

/** Calls `listener` for every live message while the component is mounted; give it a stable function. */
export function useLiveMessages(listener: (message: LiveMessage) => void): void {
  const socket = useLiveSocket();
  useEffect(() => socket.onMessage(listener), [socket, listener]);
}

function useLiveSocket(): LiveSocket {
  const socket = useContext(Live);
  if (!socket) throw new Error('outside of LiveProvider');
  return socket;
}

function apply(client: QueryClient, stale: (...keys: string[]) => void, message: LiveMessage): void {
  switch (message.type) {
    case 'status':
      client.setQueryData(['processes'], message.processes);
      client.setQueryData(['queue-depths'], message.queues);
      break;
    case 'signal':
      stale('signals', 'outbox');
      break;
    case 'order':
      stale('orders', 'positions', 'signals');
      break;
    case 'task':
      stale('tasks');
      if (message.state === 'SUCCESS') stale('models', 'reports');
      break;
  }
}

/** Invalidates queries at most every 400 ms, however many messages name them. */
function gather(client: QueryClient): (...keys: string[]) => void {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...keys) => {
    for (const key of keys) waiting.add(key);
    if (timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      for (const key of waiting) void client.invalidateQueries({ queryKey: [key] });
      waiting.clear();
    }, GATHER_MS);
  };
}
