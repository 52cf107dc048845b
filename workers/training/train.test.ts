import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FeatureStream, WARM_UP_BARS } from '../../shared/strategies/features.ts';
import { trainInThread } from './in-thread.ts';
import { fitLogistic, predictLogistic } from './logistic.ts';
import { accuracy, areaUnderCurve, logLoss } from './scores.ts';
import { type Bars, examplesOf, HORIZON_BARS, trainOn } from './train.ts';

describe('logistic regression', () => {
  const column = (...values: number[]) => Float64Array.from(values);
  const labels = (...values: number[]) => Uint8Array.from(values);

  test('is at the minimum: the gradient of the penalised loss is zero', () => {
    const random = mulberry(7);
    const x = Float64Array.from({ length: 900 }, () => random() * 4 - 2);
    const y = Uint8Array.from({ length: 300 }, (_, i) =>
      random() < sigmoid(0.3 + 2 * (x[i * 3] ?? 0) - (x[i * 3 + 1] ?? 0)) ? 1 : 0,
    );
    const l2 = 0.7;
    const model = fitLogistic({ x, y, width: 3 }, l2);
    const residuals = predictLogistic(model, x).map((p, i) => p - (y[i] ?? 0));
    const gradient = [0, 1, 2].map(
      (j) => residuals.reduce((sum, r, i) => sum + r * (x[i * 3 + j] ?? 0), 0) + l2 * (model.weights[j] ?? 0),
    );
    expect(model.converged).toBe(true);
    for (const slope of [...gradient, residuals.reduce((a, b) => a + b, 0)]) expect(slope).toBeCloseTo(0, 7);
  });

  test('without a penalty gives the odds of a two-by-two table', () => {
    // x = 0: one 1 in four; x = 1: three 1s in four. Logits -ln 3 and ln 3.
    const model = fitLogistic(
      { x: column(0, 0, 0, 0, 1, 1, 1, 1), y: labels(0, 0, 0, 1, 0, 1, 1, 1), width: 1 },
      0,
    );
    expect(model.intercept).toBeCloseTo(-Math.log(3), 9);
    expect(model.weights[0]).toBeCloseTo(2 * Math.log(3), 9);
  });

  test('stays finite on separable data and gives a constant feature no weight', () => {
    const x = column(-2, 0, -1, 0, 1, 0, 2, 0);
    const model = fitLogistic({ x, y: labels(0, 0, 1, 1), width: 2 }, 1);
    expect(model.converged).toBe(true);
    expect(model.weights[0]).toBeGreaterThan(0.5);
    expect(model.weights[0]).toBeLessThan(2);
    expect(model.weights[1]).toBe(0);
    expect(accuracy(predictLogistic(model, x), labels(0, 0, 1, 1))).toBe(1);
  });
});

describe('scores', () => {
  test('AUC counts a tie as half, and is null with one label only', () => {
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(areaUnderCurve([0.5, 0.5, 0.5], [1, 0, 1])).toBe(0.5);
    expect(areaUnderCurve([0.2, 0.5, 0.5, 0.9], [0, 0, 1, 1])).toBe(0.875);
    expect(areaUnderCurve([0.2, 0.9], [1, 1])).toBeNull();
  });

  test('AUC equals the share of pairs in the right order', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        const ones = pairs.filter(([, label]) => label === 1);
        const zeros = pairs.filter(([, label]) => label === 0);
        const won = ones.flatMap(([a]) => zeros.map(([b]): number => (a > b ? 1 : a === b ? 0.5 : 0)));
        const expected = won.length ? won.reduce((sum, value) => sum + value, 0) / won.length : null;
        const auc = areaUnderCurve(
          pairs.map(([score]) => score / 5),
          pairs.map(([, label]) => label),
        );
        if (expected === null) expect(auc).toBeNull();
        else expect(auc).toBeCloseTo(expected, 12);
      }),
    );
  });

  test('log loss of even odds is ln 2, and a certain mistake is bounded', () => {
    expect(logLoss([0.5, 0.5], [0, 1])).toBeCloseTo(Math.LN2, 12);
    expect(logLoss([1], [0])).toBeLessThan(35);
  });
});

describe('features', () => {
  test('those of a bar do not change when the future does', () => {
    const bars = walk(600, 3);
    const other = walk(600, 4);
    const cut = 420;
    for (const name of ['open', 'high', 'low', 'close', 'volume'] as const)
      other[name].set(bars[name].subarray(0, cut));
    const rows = cut - (WARM_UP_BARS - 1);
    const width = examplesOf(bars).width;
    expect(examplesOf(other).x.subarray(0, rows * width)).toEqual(
      examplesOf(bars).x.subarray(0, rows * width),
    );
  });

  test('are what their definitions say', () => {
    const bars = walk(260, 5);
    const stream = new FeatureStream();
    let row: number[] | undefined;
    for (let t = 0; t < 260; t++)
      row = stream.add({
        open: at('open', t),
        high: at('high', t),
        low: at('low', t),
        close: at('close', t),
        volume: at('volume', t),
      });
    const closes = [...bars.close];
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = (values: number[]) => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));
    const volumes = [...bars.volume].slice(-50);
    const close = closes[259] ?? 0;
    const expected: [number, number][] = [
      [0, Math.log(close / (closes[258] ?? 0))],
      [2, Math.log(close / (closes[244] ?? 0))],
      [4, close / mean(closes.slice(-50)) - 1],
      [5, close / mean(closes.slice(-200)) - 1],
      [7, deviation(closes.slice(-30).map((c, i) => Math.log(c / (closes[229 + i] ?? 0))))],
      [8, ((volumes[49] ?? 0) - mean(volumes)) / deviation(volumes)],
      [9, (2 * (close - at('low', 259))) / (at('high', 259) - at('low', 259)) - 1],
    ];
    for (const [index, value] of expected) expect(row?.[index]).toBeCloseTo(value, 12);

    function at(name: keyof Bars, t: number) {
      return bars[name][t] ?? 0;
    }
  });
});

describe('a trained model', () => {
  test('is trained on three quarters, judged on the rest, with the labels between them purged', () => {
    const { metrics } = trainOn(walk(1203, 6));
    // 1203 candles - 199 of warm-up - 5 of horizon = 999 rows; the hold-out starts at row 749.
    expect(metrics.rows).toEqual({ train: 744, test: 250, purged: HORIZON_BARS });
    expect(metrics.train).toEqual({ from: 199 * 60_000, to: (199 + 743) * 60_000 });
    expect(metrics.test).toEqual({ from: (199 + 749) * 60_000, to: (199 + 998) * 60_000 });
    expect(metrics.train.to + HORIZON_BARS * 60_000).toBeLessThan(metrics.test.from);
  });

  test('finds a pattern that is there and none in a random walk', () => {
    const found = trainOn(wave(3000)).metrics;
    expect(found.auc).toBeGreaterThan(0.95);
    expect(found.beatsBase).toBe(true);
    expect(found.logloss).toBeLessThan(found.baseLogloss);
    const none = trainOn(walk(6000, 9)).metrics;
    expect(Math.abs((none.auc ?? 0) - 0.5)).toBeLessThan(0.06);
  });

  test('refuses too few candles and a price that never moves, with the reason', () => {
    expect(() => trainOn(walk(299, 1))).toThrow('299 closed candles are too few: at least 300 are needed');
    const flat = walk(400, 1);
    for (const name of ['open', 'high', 'low', 'close'] as const) flat[name].fill(100);
    expect(() => trainOn(flat)).toThrow('every training label is the same');
    const bad = walk(400, 1);
    bad.low[7] = -1;
    expect(() => trainOn(bad)).toThrow('the candle of 1970-01-01T00:07:00.000Z is not possible');
  });

  test('is the same from a thread, which leaves the event loop free and ends on abort', async () => {
    const expected = trainOn(walk(20_000, 2));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const notes: string[] = [];
    const model = await trainInThread(walk(20_000, 2), new AbortController().signal, (note) =>
      notes.push(note),
    );
    clearInterval(timer);
    expect(model).toEqual(expected);
    expect(ticks).toBeGreaterThan(5);
    expect(notes[0]).toBe('features of 20000 candles');
    const stop = new AbortController();
    const stopped = trainInThread(walk(100_000, 2), stop.signal, () =>
      stop.abort(new Error('the pool is stopping')),
    );
    await expect(stopped).rejects.toThrow('the pool is stopping');
    await expect(trainInThread(walk(10, 2), new AbortController().signal, () => {})).rejects.toThrow(
      '10 closed candles are too few',
    );
  });
});

const sigmoid = (score: number) => 1 / (1 + Math.exp(-score));

/** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random walk of one-minute bars. */
function walk(count: number, seed: number): Bars {
  const random = mulberry(seed);
  return barsOf(count, (_t, previous) => previous * Math.exp((random() - 0.5) * 0.004), random);
}

/** A sine with a period of 40 bars: where it turns is known from its past. */
const wave = (count: number): Bars =>
  barsOf(count, (t) => 100 + 5 * Math.sin((t * Math.PI) / 20), mulberry(1));

function barsOf(count: number, next: (t: number, previous: number) => number, random: () => number): Bars {
  const columns = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const;
  const bars = Object.fromEntries(columns.map((name) => [name, new Float64Array(count)])) as unknown as Bars;
  let previous = 100;
  for (let t = 0; t < count; t++) {
    const close = next(t, previous);
    bars.ts[t] = t * 60_000;
    bars.open[t] = previous;
    bars.close[t] = close;
    bars.high[t] = Math.max(previous, close) * (1 + random() * 0.001);
    bars.low[t] = Math.min(previous, close) * (1 - random() * 0.001);
    bars.volume[t] = random() * 10;
    previous = close;
  }
  return bars;
}
