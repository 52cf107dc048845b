import { RejectError } from '../../shared/errors.ts';
import { type Bar, FEATURES, FeatureStream, WARM_UP_BARS } from '../../shared/strategies/features.ts';
import { type Examples, fitLogistic, predictLogistic } from './logistic.ts';
import { accuracy, areaUnderCurve, logLoss } from './scores.ts';

/** Closed candles in order of time, as columns of float64; `ts` is the open time in ms. */
export interface Bars extends Record<keyof Bar, Float64Array> {
  ts: Float64Array;
}

/** How many bars ahead the label looks: 1 when close(t + 5) > close(t), else 0. */
export const HORIZON_BARS = 5;
/** The newest share of the rows is held out: never trained on, only judged by. */
const HOLD_OUT = 0.25;
/** Fewer candles than these make no honest model: some hundred rows stay after warm-up and horizon. */
export const MIN_CANDLES = WARM_UP_BARS + HORIZON_BARS + 95;
const L2 = 1;

/** First and last open time of the candles that make the rows. */
export type Span = { from: number; to: number };

export interface TrainedModel {
  features: { names: string[]; mean: number[]; deviation: number[]; warmUpBars: number };
  parameters: {
    intercept: number;
    weights: number[];
    l2: number;
    horizonBars: number;
    iterations: number;
    converged: boolean;
  };
  /**
   * All on the hold-out. `baseRate` is the accuracy and `baseLogloss` the log loss of always answering what
   * training saw: its more frequent label, and its share of 1s. `auc` is null when the hold-out has one label only.
   */
  metrics: {
    accuracy: number;
    baseRate: number;
    auc: number | null;
    logloss: number;
    baseLogloss: number;
    beatsBase: boolean;
    upShare: { train: number; test: number };
    rows: { train: number; test: number; purged: number };
    train: Span;
    test: Span;
  };
}

/**
 * Trains and judges a logistic regression. Pure and deterministic.
 *
 * Rows are ordered by time: the newest quarter is the hold-out, and training rows whose label looks into it are
 * purged. Features are standardised by the mean and deviation of the training rows alone.
 * @throws {RejectError} on too few candles, a price that is not positive, or training labels that are all the same
 */
export function trainOn(bars: Bars, onStep = (_note: string) => {}): TrainedModel {
  const count = bars.close.length;
  if (count < MIN_CANDLES)
    throw new RejectError(
      `${count} closed candles are too few: at least ${MIN_CANDLES} are needed`,
      'candles',
    );
  checkBars(bars);
  onStep(`features of ${count} candles`);
  const rows = examplesOf(bars);
  const total = rows.y.length;
  const testStart = Math.floor(total * (1 - HOLD_OUT));
  const train = slice(rows, 0, testStart - HORIZON_BARS);
  const test = slice(rows, testStart, total);
  const { mean, deviation } = momentsOf(train);
  standardise(train, mean, deviation);
  standardise(test, mean, deviation);

  const trainUp = share(train.y);
  if (trainUp === 0 || trainUp === 1)
    throw new RejectError('every training label is the same: the price did not move both ways', 'candles');
  const model = fitLogistic(train, L2, (i) => onStep(`Newton step ${i} on ${train.y.length} rows`));
  onStep(`judging on ${test.y.length} rows held out`);
  const probabilities = predictLogistic(model, test.x);
  const base = new Float64Array(test.y.length).fill(trainUp);
  const judged = { accuracy: accuracy(probabilities, test.y), logloss: logLoss(probabilities, test.y) };
  const untrained = { accuracy: accuracy(base, test.y), logloss: logLoss(base, test.y) };
  return {
    features: { names: [...FEATURES], mean: [...mean], deviation: [...deviation], warmUpBars: WARM_UP_BARS },
    parameters: { ...model, l2: L2, horizonBars: HORIZON_BARS },
    metrics: {
      accuracy: judged.accuracy,
      baseRate: untrained.accuracy,
      auc: areaUnderCurve(probabilities, test.y),
      logloss: judged.logloss,
      baseLogloss: untrained.logloss,
      beatsBase: judged.logloss < untrained.logloss && judged.accuracy > untrained.accuracy,
      upShare: { train: trainUp, test: share(test.y) },
      rows: { train: train.y.length, test: test.y.length, purged: HORIZON_BARS },
      train: spanOf(bars, 0, train.y.length),
      test: spanOf(bars, testStart, total),
    },
  };
}

/** One row for each bar from the end of the warm-up to the last whose label is known; row r is bar r + 199. */
export function examplesOf(bars: Bars): Examples {
  const width = FEATURES.length;
  const total = bars.close.length - (WARM_UP_BARS - 1) - HORIZON_BARS;
  const x = new Float64Array(total * width);
  const y = new Uint8Array(total);
  const stream = new FeatureStream();
  for (let t = 0; t < total + WARM_UP_BARS - 1; t++) {
    const values = stream.add(barAt(bars, t));
    if (!values) continue;
    const row = t - (WARM_UP_BARS - 1);
    x.set(values, row * width);
    y[row] = (bars.close[t + HORIZON_BARS] as number) > (bars.close[t] as number) ? 1 : 0;
  }
  return { x, y, width };
}

const barAt = (bars: Bars, t: number): Bar => ({
  open: bars.open[t] as number,
  high: bars.high[t] as number,
  low: bars.low[t] as number,
  close: bars.close[t] as number,
  volume: bars.volume[t] as number,
});

function checkBars(bars: Bars): void {
  for (let t = 0; t < bars.close.length; t++) {
    const bar = barAt(bars, t);
    const { open, high, low, close, volume } = bar;
    if (low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close) && volume >= 0) continue;
    const when = new Date(bars.ts[t] as number).toISOString();
    throw new RejectError(`the candle of ${when} is not possible: ${JSON.stringify(bar)}`, 'candles');
  }
}

const slice = ({ x, y, width }: Examples, from: number, to: number): Examples => ({
  x: x.slice(from * width, to * width),
  y: y.slice(from, to),
  width,
});

/** Mean and population deviation of every column; 1 where a column does not vary, so that it turns to zeros. */
function momentsOf({ x, y, width }: Examples) {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let i = 0; i < x.length; i++) mean[i % width] = (mean[i % width] as number) + (x[i] as number);
  for (let j = 0; j < width; j++) mean[j] = (mean[j] as number) / y.length;
  for (let i = 0; i < x.length; i++) {
    const distance = (x[i] as number) - (mean[i % width] as number);
    deviation[i % width] = (deviation[i % width] as number) + distance * distance;
  }
  for (let j = 0; j < width; j++) {
    const spread = Math.sqrt((deviation[j] as number) / y.length);
    deviation[j] = spread > 1e-12 ? spread : 1;
  }
  return { mean, deviation };
}

function standardise({ x, width }: Examples, mean: Float64Array, deviation: Float64Array): void {
  for (let i = 0; i < x.length; i++) {
    const j = i % width;
    x[i] = ((x[i] as number) - (mean[j] as number)) / (deviation[j] as number);
  }
}

const share = (labels: Uint8Array) => labels.reduce((sum, label) => sum + label, 0) / labels.length;

const spanOf = (bars: Bars, fromRow: number, toRow: number): Span => ({
  from: bars.ts[fromRow + WARM_UP_BARS - 1] as number,
  to: bars.ts[toRow + WARM_UP_BARS - 2] as number,
});
