import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { ApiError } from '../data/client.ts';
import { LiveProvider } from '../data/live.tsx';
import { me } from '../data/queries.ts';
import type { Me } from '../data/wire.ts';
import { LoginPage } from '../pages/login.tsx';
import { Failed, Waiting } from '../parts/states.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { type Page, usePage } from './route.ts';
import { Shell } from './shell.tsx';

const pages: Record<Page, React.ComponentType<{ me: Me }>> = {
  overview: lazy(() => import('../pages/overview.tsx')),
  coverage: lazy(() => import('../pages/coverage.tsx')),
  tasks: lazy(() => import('../pages/tasks.tsx')),
  reports: lazy(() => import('../pages/reports.tsx')),
  outbox: lazy(() => import('../pages/outbox.tsx')),
  venues: lazy(() => import('../pages/venues.tsx')),
  frames: lazy(() => import('../pages/frames.tsx')),
  account: lazy(() => import('../pages/account.tsx')),
};

/** The login, or the page that the address names. */
export function App() {
  const who = useQuery(me());
  const page = usePage();
  if (who.data === null || (who.error instanceof ApiError && who.error.status === 401)) return <LoginPage />;
  if (!who.data)
    return (
      <div className="login">
        {who.error ? <Failed error={who.error} retry={() => void who.refetch()} /> : <Waiting rows={3} />}
      </div>
    );
  const Current = pages[page];
  return (
    <LiveProvider>
      <Shell me={who.data} page={page}>
        <ErrorBoundary key={page}>
          <Suspense fallback={<Waiting rows={8} />}>
            <Current me={who.data} />
          </Suspense>
        </ErrorBoundary>
      </Shell>
    </LiveProvider>
  );
}
