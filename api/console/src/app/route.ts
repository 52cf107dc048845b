import { useSyncExternalStore } from 'react';

/** Pages live behind the hash, so that every other path belongs to the API. */
export const PAGES = {
  overview: 'Overview',
  coverage: 'Coverage',
  tasks: 'Tasks',
  reports: 'Reports',
  outbox: 'Outbox',
  venues: 'Venues',
  frames: 'Bad frames',
  account: 'Account',
} as const;
export type Page = keyof typeof PAGES;

export const hrefOf = (page: Page): string => (page === 'overview' ? '#/' : `#/${page}`);

export function usePage(): Page {
  const hash = useSyncExternalStore(onHash, () => location.hash);
  const name = hash.replace(/^#\/?/, '');
  return Object.hasOwn(PAGES, name) ? (name as Page) : 'overview';
}

function onHash(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}
