import express, { type Express } from 'express';
import type { ApiDeps } from './deps.ts';
import { securityHeaders } from './http/headers.ts';
import { answerErrors, authorise, mountRoutes, unlisted } from './http/mount.ts';
import { timeRequests } from './http/timing.ts';
import { boardPage } from './pages/board.ts';
import { consolePage } from './pages/console.ts';
import { docsPage } from './pages/docs.ts';
import { ROUTES } from './routes/index.ts';

/** The whole HTTP surface: pages, then the table of routes at the root and under /api/v1, then refusals. */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(timeRequests(deps.metrics.registry), ...securityHeaders());
  app.use('/', consolePage());
  app.use('/docs', authorise(deps, 'viewer'), docsPage(ROUTES));
  app.use('/queues', authorise(deps, 'admin'), boardPage(deps.queues, '/queues'));
  const routes = mountRoutes(ROUTES, deps);
  app.use('/api/v1', routes);
  app.use('/', routes);
  app.use(unlisted(deps));
  app.use(answerErrors(deps));
  return app;
}
