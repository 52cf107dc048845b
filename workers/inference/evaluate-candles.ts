import { now } from '../../shared/clock.ts';
import { type CandleRow, listCandles } from '../../shared/db/candles.ts';
import { findEvaluatedTo, type Series, saveEvaluatedTo } from '../../shared/db/evaluations.ts';
import { listFlowOfCandles } from '../../shared/db/order-flow.ts';
import { addMail } from '../../shared/db/outbox.ts';
import { addSignals, type NewSignal, type SignalRow } from '../../shared/db/signals.ts';
import { isFresh } from '../../shared/domain/freshness.ts';
import { INTERVALS } from '../../shared/domain/market.ts';
import type { FlowFacts } from '../../shared/domain/order-flow.ts';
import { RetryError } from '../../shared/errors.ts';
import { shardKeyOf } from '../../shared/queue/queues.ts';
import { chooseStrategies, SLOW } from '../../shared/strategies/registry.ts';
import type { Strategy } from '../../shared/strategies/strategy.ts';
import type { Payload } from '../../shared/tasks/catalogue.ts';
import type { Handler, TaskContext } from '../context.ts';
import { announceSignals, cacheLatestSignal } from './announce.ts';
import { Evaluator, type Windows } from './evaluator.ts';
import { signalMail } from './signal-mail.ts';
import { type StoredWindows, WindowStore } from './window-store.ts';

/** One run takes no more, so that no series keeps its shard from the others; the rest is a job of its own. */
const MAX_CANDLES = 10_000;
/** Where a job does not say what came, so many candles before `upTo` may be new. */
const UNSAID_CANDLES = 1_000;

/**
 * Evaluates every archived candle of a series up to `upTo` in order, and those behind that came late.
 *
 * Signals are stored under a natural key, with their mail in the same transaction, and only then do the windows
 * move: a run that is repeated or cut anywhere stores the same signals and none twice. What a crash keeps from being
 * announced, the sweep sends on.
 */
export const evaluateCandles: Handler<'evaluate_candles'> = async (payload, context) => {
  const run = new Run(payload, context);
  const last = await run.lastEvaluated();
  const from = payload.from ?? (last && payload.upTo <= last ? run.earlier(UNSAID_CANDLES) : payload.upTo);
  const late = last !== undefined && from <= last;
  if (!run.windows || (late && payload.upTo > last - SLOW * run.stepMs)) await run.rebuildWindows(last);
  const signals = await run.forward(last);
  if (late) signals.push(...(await run.behind(from, last)));
  return { signals: signals.length };
};

class Run {
  readonly stepMs: number;
  readonly #payload: Payload<'evaluate_candles'>;
  readonly #series: Series;
  readonly #context: TaskContext;
  readonly #store: WindowStore;
  readonly #strategies: readonly Strategy[];
  #stored: StoredWindows = { mark: '', windows: undefined };

  constructor(payload: Payload<'evaluate_candles'>, context: TaskContext) {
    const { venue, symbol, interval } = payload;
    this.stepMs = INTERVALS[interval];
    this.#payload = payload;
    this.#series = { venue, symbol, interval };
    this.#context = context;
    this.#strategies = chooseStrategies(context.config.STRATEGIES);
    this.#store = new WindowStore(context.redis, context.config);
  }

  get windows(): Windows | undefined {
    return this.#stored.windows;
  }

  earlier(candles: number): number {
    return this.#payload.upTo - candles * this.stepMs;
  }

  /** Open time of the last candle evaluated: the windows know, or the record after Redis has forgotten. */
  async lastEvaluated(): Promise<number | undefined> {
    this.#stored = await this.#store.read(this.#series);
    return this.windows?.ts ?? (await findEvaluatedTo(this.#context.sql, this.#series));
  }

  /** Takes the windows up to `last` from the archive, whatever Redis has. */
  async rebuildWindows(last: number | undefined): Promise<void> {
    if (last === undefined) return;
    this.#stored.windows = undefined;
    const windows = await this.#windowsAt(last);
    if (!windows) return;
    this.#context.log.info(
      { ...this.#series, candles: windows.closes.length },
      'windows rebuilt from archive',
    );
    await this.#moveWindows(windows);
    await cacheLatestSignal(this.#context, this.#series);
  }

  /** From the candle after `last` to `upTo`; the windows go along. */
  async forward(last: number | undefined): Promise<SignalRow[]> {
    const { upTo } = this.#payload;
    const from = last === undefined ? await this.#firstCandle() : last + this.stepMs;
    if (from === undefined || from > upTo) return [];
    const evaluator = new Evaluator(this.#series, this.#strategies, this.windows);
    const { found, reached } = await this.#evaluate(evaluator, from, upTo);
    if (reached === undefined) return [];
    const signals = await this.#save(found, reached);
    await this.#moveWindows(evaluator.windows as Windows);
    await this.#announce(signals);
    if (evaluator.holes.length) {
      this.#context.log.warn(
        { ...this.#series, holes: evaluator.holes.slice(-3) },
        'windows began again after a hole',
      );
    }
    return signals;
  }

  /** Candles at or before `last` that came late, and those after them whose windows they are in. */
  async behind(from: number, last: number): Promise<SignalRow[]> {
    const to = Math.min(this.#payload.upTo + SLOW * this.stepMs, last);
    const evaluator = new Evaluator(
      this.#series,
      this.#strategies,
      await this.#windowsAt(from - this.stepMs),
    );
    const { found } = await this.#evaluate(evaluator, from, to);
    const signals = await this.#save(found);
    await this.#announce(signals);
    return signals;
  }

  async #evaluate(evaluator: Evaluator, from: number, to: number) {
    const candles = await listCandles(this.#context.sql, { ...this.#series, from, to, limit: MAX_CANDLES });
    const flows = await this.#flowsOf(candles);
    const found = candles.flatMap((candle) => evaluator.next(candle, flows.get(candle.ts)));
    const reached = candles.at(-1)?.ts;
    if (reached !== undefined && candles.length === MAX_CANDLES && reached < to) {
      const rest = { ...this.#payload, from: reached + this.stepMs };
      await this.#context.queues.enqueue('evaluate_candles', rest, { shardKey: shardKeyOf(this.#series) });
    }
    return { found, reached };
  }

  /** Order-flow facts by open time; read only where a strategy wants them. */
  async #flowsOf(candles: readonly CandleRow[]): Promise<Map<number, FlowFacts>> {
    if (!this.#strategies.some(({ readsFlow }) => readsFlow)) return new Map();
    const opens = candles.map(({ ts }) => ts);
    return listFlowOfCandles(this.#context.sql, { ...this.#series, opens, stepMs: this.stepMs });
  }

  /** One transaction: the signals that are new, the mail of those that are live, and how far we are. */
  async #save(found: Omit<NewSignal, 'live'>[], reached?: number): Promise<SignalRow[]> {
    const time = now();
    // History counts as well: it may bring the candle that the stream lost, or be here first with one that it brought.
    const isNews = this.#payload.source !== 'replay';
    const signals = found.map((signal) => ({
      ...signal,
      live: isNews && isFresh(signal.ts, signal.interval, time),
    }));
    return (await this.#context.sql.begin(async (tx) => {
      const added = await addSignals(tx, signals);
      for (const signal of added) if (signal.live) await addMail(tx, signalMail(signal));
      if (reached !== undefined) await saveEvaluatedTo(tx, this.#series, reached);
      return added;
    })) as SignalRow[];
  }

  async #announce(signals: SignalRow[]): Promise<void> {
    if (signals.length === 0) return;
    await cacheLatestSignal(this.#context, this.#series);
    await announceSignals(this.#context, signals);
  }

  async #moveWindows(next: Windows): Promise<void> {
    if (!(await this.#store.advance(this.#series, this.#stored, next, this.stepMs)))
      throw new RetryError('another run has moved the windows');
    this.#stored = { mark: String(next.ts), windows: next };
  }

  async #windowsAt(ts: number): Promise<Windows | undefined> {
    const { sql } = this.#context;
    const from = ts - (SLOW - 1) * this.stepMs;
    const candles = await listCandles(sql, { ...this.#series, from, to: ts, limit: SLOW });
    const evaluator = new Evaluator(this.#series, []);
    for (const candle of candles) evaluator.next(candle);
    return evaluator.windows;
  }

  async #firstCandle(): Promise<number | undefined> {
    const [first] = await listCandles(this.#context.sql, { ...this.#series, from: 0, limit: 1 });
    return first?.ts;
  }
}
