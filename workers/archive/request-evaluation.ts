import { isInterval } from '../../shared/domain/market.ts';
import { RejectError } from '../../shared/errors.ts';
import { shardKeyOf } from '../../shared/queue/queues.ts';
import type { EventBatch } from '../../shared/tasks/batch.ts';
import type { Payload } from '../../shared/tasks/catalogue.ts';
import type { TaskContext } from '../context.ts';

/** Has the candles of an archived batch evaluated: one task a symbol and interval, from its oldest to its newest. */
export async function requestEvaluation(
  { venue, symbols, source, candles }: EventBatch,
  { queues }: Pick<TaskContext, 'queues'>,
): Promise<void> {
  if (!candles) return;
  const [indexes, intervals, times] = [candles.symbol, candles.interval, candles.ts].map(cells);
  const tasks = new Map<string, Payload<'evaluate_candles'>>();
  for (const [row, time] of (times as string[]).entries()) {
    const symbol = symbols[Number(indexes?.[row]) - 1];
    const interval = intervals?.[row] ?? '';
    const ts = Number(time);
    if (!symbol || !isInterval(interval)) throw new RejectError(`no such series in row ${row}`, 'candles');
    const task = tasks.get(`${symbol} ${interval}`);
    if (!task) tasks.set(`${symbol} ${interval}`, { venue, symbol, interval, from: ts, upTo: ts, source });
    else {
      task.from = Math.min(task.from ?? ts, ts);
      task.upTo = Math.max(task.upTo, ts);
    }
  }
  for (const task of tasks.values()) {
    await queues.enqueue('evaluate_candles', task, { shardKey: shardKeyOf(task) });
  }
}

/** The cells of an array literal whose texts need no quotes. */
const cells = (literal: string): string[] => literal.slice(1, -1).split(',');
