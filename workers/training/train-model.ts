import { now } from '../../shared/clock.ts';
import { type CandleRange, loadCandleSeries } from '../../shared/db/candle-series.ts';
import { addModel, findModelOfTask, type ModelRow } from '../../shared/db/models.ts';
import { INTERVALS } from '../../shared/domain/market.ts';
import { RejectError } from '../../shared/errors.ts';
import type { Handler, TaskContext } from '../context.ts';
import { bringCandles } from './bring-candles.ts';
import { trainInThread } from './in-thread.ts';
import { MIN_CANDLES } from './train.ts';

const STEPS = 5;

/**
 * Trains a logistic regression on the newest `candles` closed candles of a symbol and stores it with its metrics.
 *
 * Candles that are missing are bootstrapped first; when that fails, it trains on what there is and says so.
 * A task trains one model: run again, it answers with the one it stored.
 * @throws {RejectError} when fewer than 300 candles can be had
 */
export const trainModel: Handler<'train_model'> = async (payload, context) => {
  const stored = await findModelOfTask(context.sql, context.id);
  if (stored) return resultOf(stored, context);

  const stepMs = INTERVALS[payload.interval];
  const to = Math.floor(now() / stepMs) * stepMs;
  const { venue, symbol, interval } = payload;
  const range: CandleRange = { venue, symbol, interval, from: to - payload.candles * stepMs, to };
  const at = (step: number) => (note: string) => context.progress(step, STEPS, note);

  await at(0)('looking for candles in the archive');
  const { count, failure } = await bringCandles(range, context, at(1));
  if (count < MIN_CANDLES) throw tooFew(count, range, failure);
  if (failure)
    context.log.warn({ failure, count }, 'trains without the candles that bootstrap did not bring');

  await at(2)(`loading ${count} candles`);
  const bars = await loadCandleSeries(context.sql, range, context.signal);
  const last = bars.ts.at(-1) as number;
  const first = bars.ts[0] as number;
  let saying: Promise<void> = Promise.resolve();
  const model = await trainInThread(bars, context.signal, (note) => {
    // A note that could not be kept is no reason to lose the model.
    saying = saying.then(() => at(3)(note)).catch(() => {});
  });
  await saying;
  await at(4)('storing the model');
  const metrics = {
    ...model.metrics,
    simulated: venue === 'sim',
    candles: { asked: payload.candles, used: count },
    bootstrap: failure ?? 'complete',
  };
  const row = await addModel(context.sql, {
    taskId: context.id,
    kind: 'logistic',
    venue,
    symbol,
    interval,
    features: model.features,
    parameters: model.parameters,
    metrics,
    trainedFrom: first,
    trainedTo: last + stepMs,
  });
  return resultOf(row, context);
};

async function resultOf(row: ModelRow, context: TaskContext) {
  await context.progress(STEPS, STEPS, `model ${row.id} is stored`);
  const { id, kind, trainedFrom, trainedTo, metrics } = row;
  return { modelId: id, kind, trainedFrom, trainedTo, metrics };
}

function tooFew(
  count: number,
  { venue, symbol, interval }: CandleRange,
  failure: string | undefined,
): RejectError {
  const why = failure ? `; bootstrap failed: ${failure}` : '';
  return new RejectError(
    `${venue} ${symbol} ${interval}: ${count} closed candles are too few, at least ${MIN_CANDLES} are needed${why}`,
    'candles',
  );
}
