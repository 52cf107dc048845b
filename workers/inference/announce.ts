import { canMail } from '../../shared/config.ts';
import type { Series } from '../../shared/db/evaluations.ts';
import { findMailId } from '../../shared/db/outbox.ts';
import { listSignals, type SignalRow } from '../../shared/db/signals.ts';
import type { Signal } from '../../shared/domain/trading.ts';
import { executionJobId, mailJobId } from '../../shared/queue/job-ids.ts';
import { publishLive } from '../../shared/queue/live.ts';
import type { TaskContext } from '../context.ts';
import { signalMail } from './signal-mail.ts';

/** Sends stored signals on their way: the live ones to execution and mail, all to the counters. */
export async function announceSignals(context: TaskContext, signals: SignalRow[]): Promise<void> {
  const { config, queues, metrics, redis, sql } = context;
  for (const { strategy, side } of signals) metrics.signals.inc({ strategy, side });
  const live = signals.filter((signal) => signal.live);
  const mails = canMail(config);
  for (const signal of live) {
    const { id } = signal;
    await queues.enqueue('execute_signal', { signalId: id }, { id: executionJobId(id) });
    const outboxId = mails ? await findMailId(sql, signalMail(signal).key) : undefined;
    if (outboxId) await queues.enqueue('send_mail', { outboxId }, { id: mailJobId(outboxId) });
  }
  await publishLive(
    redis,
    config.NAMESPACE,
    live.map((row) => ({ type: 'signal', signal: toSignal(row) })),
  );
}

/** The newest signal of a series, as JSON under `<namespace>:signal:latest:<venue>:<symbol>:<interval>`. */
export async function cacheLatestSignal(context: TaskContext, series: Series): Promise<void> {
  const { venue, symbol, interval } = series;
  const [newest] = await listSignals(context.sql, { ...series, limit: 1 });
  if (!newest) return;
  const key = `${context.config.NAMESPACE}:signal:latest:${venue}:${symbol}:${interval}`;
  await context.redis.set(key, JSON.stringify(toSignal(newest)));
}

const toSignal = (row: SignalRow): Signal => {
  const { id, venue, symbol, interval, strategy, ts, side, price, details } = row;
  return { id, venue, symbol, interval, strategy, ts, side, price, details };
};
