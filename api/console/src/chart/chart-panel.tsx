import { Group, useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLiveMessages } from '../data/live.tsx';
import { candles as candlesQuery, type Market, signals as signalsQuery } from '../data/queries.ts';
import type { LiveMessage } from '../data/wire.ts';
import { price } from '../parts/format.ts';
import { Failed, Nothing, Waiting } from '../parts/states.tsx';
import { type CandleChart, createCandleChart, type Glance, type Palette } from './candle-chart.ts';

const VISIBLE_BARS = { narrow: 60, wide: 150 };

/** The live candle chart of one market, with its legend. */
export default function ChartPanel({ market }: { market: Market }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<CandleChart>(undefined);
  const focused = useRef(false);
  const [glance, setGlance] = useState<Glance>();
  const scheme = useComputedColorScheme('dark');
  const history = useQuery(candlesQuery(market));
  const signals = useQuery(signalsQuery(market));
  const { venue, symbol, interval } = market;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme or market makes another chart
  useEffect(() => {
    if (!holder.current) return;
    const made = createCandleChart(holder.current, readPalette(), interval, setGlance);
    chart.current = made;
    focused.current = false;
    return () => {
      chart.current = undefined;
      made.remove();
    };
  }, [scheme, venue, symbol, interval]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart wants the data again
  useEffect(() => {
    if (!chart.current || !history.data) return;
    chart.current.show(history.data);
    if (focused.current || history.data.length === 0) return;
    focused.current = true;
    const narrow = (holder.current?.clientWidth ?? 0) < 600;
    chart.current.focusNewest(narrow ? VISIBLE_BARS.narrow : VISIBLE_BARS.wide);
  }, [history.data, scheme, venue, symbol, interval]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart wants the marks again
  useEffect(() => {
    const oldest = history.data?.[0]?.ts ?? Number.POSITIVE_INFINITY;
    chart.current?.mark((signals.data ?? []).filter(({ ts }) => ts > oldest));
  }, [signals.data, history.data, scheme, venue, symbol, interval]);

  const onMessage = useCallback(
    (message: LiveMessage) => {
      if (message.type !== 'candle') return;
      const { candle } = message;
      if (candle.venue === venue && candle.symbol === symbol && candle.interval === interval)
        chart.current?.update(candle);
    },
    [venue, symbol, interval],
  );
  useLiveMessages(onMessage);

  const empty = history.data?.length === 0 && !glance;
  return (
    <div className="chart">
      <Legend glance={glance} />
      <div
        ref={holder}
        className="chart-canvas"
        role="img"
        aria-label={`Candles of ${symbol}, ${interval}`}
      />
      {(empty || !history.data) && (
        <div className="chart-cover">
          {history.error && !history.data ? (
            <Failed error={history.error} retry={() => void history.refetch()} />
          ) : history.data ? (
            <Nothing>No candles yet. They appear here as soon as the first one closes.</Nothing>
          ) : (
            <Waiting rows={5} />
          )}
        </div>
      )}
    </div>
  );
}

function Legend({ glance }: { glance: Glance | undefined }) {
  const { candle, fast, slow } = glance ?? {};
  const rising = candle && Number(candle.close) >= Number(candle.open);
  const figure = (value: string | number | null | undefined) => (value == null ? '–' : price(value));
  return (
    <Group className="legend number" gap="sm" px="md" py={6}>
      <span className={rising ? 'up' : 'down'}>
        O {figure(candle?.open)} H {figure(candle?.high)} L {figure(candle?.low)} C {figure(candle?.close)}
      </span>
      <span className="fast">MA50 {figure(fast)}</span>
      <span className="slow">MA200 {figure(slow)}</span>
    </Group>
  );
}

/** The colours of the stylesheet, for a canvas that cannot read it. */
function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--mr-${name}`).trim();
  return {
    text: read('dim'),
    grid: read('grid'),
    border: read('line'),
    up: read('up'),
    down: read('down'),
    fast: read('fast'),
    slow: read('slow'),
  };
}
