import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Candle, Interval, Signal } from '../data/wire.ts';
import { price } from '../parts/format.ts';
import { lastAverage, movingAverage } from './averages.ts';

export const INTERVAL_MS: Record<Interval, number> = {
  '1s': 1_000,
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
};

export interface Palette {
  text: string;
  grid: string;
  border: string;
  up: string;
  down: string;
  fast: string;
  slow: string;
}

/** What the cursor is on, for the legend. */
export interface Glance {
  candle: Candle;
  fast: number | null;
  slow: number | null;
}

/** Candles, volume, two moving averages and signals on one canvas; knows nothing of React. */
export function createCandleChart(
  element: HTMLElement,
  palette: Palette,
  interval: Interval,
  onGlance: (glance: Glance | undefined) => void,
) {
  const chart = createChart(element, {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: 'transparent' },
      textColor: palette.text,
      fontFamily: 'inherit',
      fontSize: 11,
      attributionLogo: false,
    },
    localization: { priceFormatter: price },
    grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
    rightPriceScale: { borderColor: palette.border, scaleMargins: { top: 0.08, bottom: 0.22 } },
    timeScale: {
      borderColor: palette.border,
      timeVisible: true,
      secondsVisible: interval === '1s',
      rightOffset: 6,
      barSpacing: 7,
      minBarSpacing: 0.8,
    },
    crosshair: { vertLine: { style: LineStyle.Dotted }, horzLine: { style: LineStyle.Dotted } },
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  const candlesticks = chart.addSeries(CandlestickSeries, {
    upColor: palette.up,
    downColor: palette.down,
    wickUpColor: palette.up,
    wickDownColor: palette.down,
    borderVisible: false,
  });
  const line = (color: string) =>
    chart.addSeries(LineSeries, {
      color,
      lineWidth: 2,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
    });
  const fastLine = line(palette.fast);
  const slowLine = line(palette.slow);
  const markers = createSeriesMarkers<Time>(candlesticks, []);
  let shown: Candle[] = [];

  const glanceAt = (index: number): Glance | undefined => {
    const candle = shown[index];
    const closes = shown.slice(Math.max(0, index - 199), index + 1).map(closeOf);
    return candle && { candle, fast: lastAverage(closes, 50), slow: lastAverage(closes, 200) };
  };
  let hovered: number | undefined;
  const tellGlance = () => onGlance(glanceAt(hovered ?? shown.length - 1));
  chart.subscribeCrosshairMove(({ time }) => {
    hovered = time === undefined ? undefined : shown.findIndex((candle) => timeOf(candle) === time);
    if (hovered === -1) hovered = undefined;
    tellGlance();
  });

  return {
    /** Replaces everything; candles ascend by time. */
    show(candles: readonly Candle[]) {
      shown = [...candles];
      const closes = shown.map(closeOf);
      candlesticks.setData(shown.map(toBar));
      volume.setData(shown.map((candle) => toVolume(candle, palette)));
      fastLine.setData(toLine(shown, movingAverage(closes, 50)));
      slowLine.setData(toLine(shown, movingAverage(closes, 200)));
      tellGlance();
    },

    /** The newest candle has moved, or the next one has begun; an older one is ignored. */
    update(candle: Candle) {
      const last = shown.at(-1);
      if (last && candle.ts < last.ts) return;
      if (last?.ts === candle.ts) shown[shown.length - 1] = candle;
      else shown.push(candle);
      candlesticks.update(toBar(candle));
      volume.update(toVolume(candle, palette));
      const closes = shown.slice(-200).map(closeOf);
      const fast = lastAverage(closes, 50);
      const slow = lastAverage(closes, 200);
      if (fast !== null) fastLine.update({ time: timeOf(candle), value: fast });
      if (slow !== null) slowLine.update({ time: timeOf(candle), value: slow });
      if (hovered === undefined) tellGlance();
    },

    mark(signals: readonly Signal[]) {
      markers.setMarkers(
        signals
          .map((signal) => toMarker(signal, palette, interval))
          .sort((a, b) => Number(a.time) - Number(b.time)),
      );
    },

    focusNewest(bars: number) {
      chart.timeScale().setVisibleLogicalRange({ from: shown.length - bars, to: shown.length + 6 });
    },

    remove: () => chart.remove(),
  };
}

export type CandleChart = ReturnType<typeof createCandleChart>;

const timeOf = ({ ts }: { ts: number }) => Math.floor(ts / 1000) as UTCTimestamp;
const closeOf = ({ close }: Candle) => Number(close);

const toBar = (candle: Candle) => ({
  time: timeOf(candle),
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close),
});

const toVolume = (candle: Candle, { up, down }: Palette) => ({
  time: timeOf(candle),
  value: Number(candle.volume),
  color: `${Number(candle.close) >= Number(candle.open) ? up : down}55`,
});

const toLine = (candles: readonly Candle[], averages: readonly (number | null)[]) =>
  candles.flatMap((candle, index) => {
    const value = averages[index];
    return value == null ? [] : [{ time: timeOf(candle), value }];
  });

/** A signal stands on the candle whose close gave it. */
function toMarker(signal: Signal, { up, down }: Palette, interval: Interval): SeriesMarker<Time> {
  const step = INTERVAL_MS[interval];
  const openTime = Math.floor((signal.ts - 1) / step) * step;
  const buy = signal.side === 'buy';
  return {
    time: timeOf({ ts: openTime }),
    position: buy ? 'belowBar' : 'aboveBar',
    shape: buy ? 'arrowUp' : 'arrowDown',
    color: buy ? up : down,
    text: buy ? 'Buy' : 'Sell',
  };
}
