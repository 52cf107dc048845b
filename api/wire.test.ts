import { expect, test } from '@jest/globals';
import type { z } from 'zod';
import type * as wire from './console/src/data/wire.ts';
import type { badFrames } from './routes/bad-frames.ts';
import type { candles } from './routes/candles.ts';
import type { me } from './routes/me.ts';
import type { models } from './routes/models.ts';
import type { orders } from './routes/orders.ts';
import type { outbox } from './routes/outbox.ts';
import type { positions } from './routes/positions.ts';
import type { prices } from './routes/prices.ts';
import type { processes } from './routes/processes.ts';
import type { queueDepths } from './routes/queue-depths.ts';
import type { reports } from './routes/reports.ts';
import type { signals } from './routes/signals.ts';
import type { tasks } from './routes/tasks.ts';

type Answer<R extends { response?: z.ZodType }> = z.output<NonNullable<R['response']>>;
/** `true` where each may stand for the other; no value fits where they differ. */
type Same<A, B> = A extends B ? (B extends A ? true : never) : never;

/** Does not compile when the console and the API have come to differ. */
const AGREED: {
  me: Same<Answer<typeof me>, wire.Me>;
  candles: Same<Answer<typeof candles>, wire.Candle[]>;
  prices: Same<Answer<typeof prices>, wire.Price[]>;
  signals: Same<Answer<typeof signals>, wire.Signal[]>;
  orders: Same<Answer<typeof orders>, wire.Order[]>;
  positions: Same<Answer<typeof positions>, wire.Account[]>;
  tasks: Same<Answer<typeof tasks>, wire.Task[]>;
  models: Same<Answer<typeof models>, wire.Model[]>;
  reports: Same<Answer<typeof reports>, wire.Report[]>;
  outbox: Same<Answer<typeof outbox>, wire.Mail[]>;
  badFrames: Same<Answer<typeof badFrames>, wire.BadFrame[]>;
  processes: Same<Answer<typeof processes>, wire.Process[]>;
  queueDepths: Same<Answer<typeof queueDepths>, wire.Queue[]>;
} = {
  me: true,
  candles: true,
  prices: true,
  signals: true,
  orders: true,
  positions: true,
  tasks: true,
  models: true,
  reports: true,
  outbox: true,
  badFrames: true,
  processes: true,
  queueDepths: true,
};

test('the types that the console reads are those that the routes answer with', () => {
  expect(Object.values(AGREED)).not.toContain(false);
});
