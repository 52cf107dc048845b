import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { type IRouter, Router } from 'express';
import type { Queues } from '../../shared/queue/queues.ts';
import { allowInlineStyles } from '../http/headers.ts';
import { Problem } from '../http/problem.ts';

/** Bull Board over all queues, to look at only: it refuses every write before the board sees it. */
export function boardPage(queues: Queues, path: string): IRouter {
  const adapter = new ExpressAdapter().setBasePath(path);
  createBullBoard({
    queues: queues
      .allPhysicalNames()
      .map((name) => new BullMQAdapter(queues.get(name), { readOnlyMode: true })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Millrace queues', hideRedisDetails: true } },
  });
  const board = adapter.getRouter();
  board.disable('x-powered-by');
  const router = Router();
  router.use((req, _res, next) => {
    next(
      req.method === 'GET' || req.method === 'HEAD' ? undefined : new Problem(405, 'the board is read-only'),
    );
  });
  return router.use(allowInlineStyles, board);
}
