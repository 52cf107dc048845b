import type { z } from 'zod';
import type { StreamMessage } from '../../../live/live.ts';
import type { badFrames } from '../../../routes/bad-frames.ts';
import type { candles } from '../../../routes/candles.ts';
import type { coverage } from '../../../routes/coverage.ts';
import type { gaps } from '../../../routes/gaps.ts';
import type { me } from '../../../routes/me.ts';
import type { models } from '../../../routes/models.ts';
import type { orderFlow } from '../../../routes/order-flow.ts';
import type { orders } from '../../../routes/orders.ts';
import type { outbox } from '../../../routes/outbox.ts';
import type { positions } from '../../../routes/positions.ts';
import type { prices } from '../../../routes/prices.ts';
import type { processes } from '../../../routes/processes.ts';
import type { queueDepths } from '../../../routes/queue-depths.ts';
import type { reports } from '../../../routes/reports.ts';
import type { signals } from '../../../routes/signals.ts';
import type { tasks } from '../../../routes/tasks.ts';
import type { venues } from '../../../routes/venues.ts';

/** What the API says: types alone, read off its routes, so that console and API cannot come to differ. */
type Answer<R extends { response?: z.ZodType }> = z.output<NonNullable<R['response']>>;

export type Me = Answer<typeof me>;
/** As the chart needs it: a candle of the live stream does not say who made it. */
export type Candle = Omit<Answer<typeof candles>[number], 'source'>;
export type Price = Answer<typeof prices>[number];
export type Signal = Answer<typeof signals>[number];
export type OrderFlow = Answer<typeof orderFlow>[number];
export type Order = Answer<typeof orders>[number];
export type Account = Answer<typeof positions>[number];
export type Position = Account['positions'][number];
export type Task = Answer<typeof tasks>[number];
export type Model = Answer<typeof models>[number];
export type Report = Answer<typeof reports>[number];
export type Mail = Answer<typeof outbox>[number];
export type BadFrame = Answer<typeof badFrames>[number];
export type Coverage = Answer<typeof coverage>[number];
export type Gap = Answer<typeof gaps>[number];
export type Process = Answer<typeof processes>[number];
export type Feed = Process['feeds'][number];
export type Venue = Answer<typeof venues>[number];
export type Queue = Answer<typeof queueDepths>[number];

export type Interval = Candle['interval'];
export type Side = Signal['side'];
export type OrderState = Order['state'];
export type TaskState = Task['state'];

/** Each frame of the live stream is an array of these. */
export type LiveMessage = StreamMessage;
