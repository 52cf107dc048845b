import { INTERVALS } from '../../shared/domain/market.ts';
import type { Faults } from './faults.ts';
import { aggTradeFrame, depthFrame, klineFrame, tickerFrame, tradeFrame } from './frames.ts';
import type { Market, Step } from './market.ts';
import type { Streams } from './streams.ts';
import type { Moved } from './venue.ts';

const OPEN_KLINE_MS = 2_000;

/** Sends what happened to the subscribers, in the order it happened; a frame nobody wants is not made. */
export function publish(streams: Streams, faults: Faults, moved: readonly Moved[]): void {
  streams.batch(() => {
    for (const [market, step] of moved) {
      publishKlines(streams, market, step.ts);
      publishTrades(streams, faults, market, step);
      publishBook(streams, faults, market, step);
    }
  });
}

/** A closed candle goes out at the first step after it; an open one every two seconds. */
function publishKlines(streams: Streams, { listing, candles }: Market, at: number): void {
  if (at % INTERVALS['1s'] !== 0) return;
  for (const [interval, ms] of Object.entries(INTERVALS)) {
    const stream = `${listing.id.toLowerCase()}@kline_${interval}`;
    const isClose = at % ms === 0;
    if (!streams.wanted(stream) || !(isClose || at % OPEN_KLINE_MS === 0)) continue;
    const bar = candles.bar(isClose ? at - ms : at - (at % ms), ms);
    if (bar) streams.send(stream, klineFrame(listing, interval, ms, bar, at));
  }
}

function publishTrades(streams: Streams, faults: Faults, { listing }: Market, { trades, ts }: Step): void {
  const name = listing.id.toLowerCase();
  const single = `${name}@trade`;
  const aggregate = `${name}@aggTrade`;
  const [isSingleWanted, isAggregateWanted] = [streams.wanted(single), streams.wanted(aggregate)];
  if (!isSingleWanted && !isAggregateWanted) return;
  for (const trade of trades) {
    if (!faults.passes('trade')) continue;
    if (isSingleWanted) streams.send(single, tradeFrame(listing, trade, ts));
    if (isAggregateWanted) streams.send(aggregate, aggTradeFrame(listing, trade, ts));
  }
}

function publishBook(streams: Streams, faults: Faults, { listing }: Market, step: Step): void {
  const name = listing.id.toLowerCase();
  const { ticker, depth, slowDepth, ts } = step;
  if (ticker && streams.wanted(`${name}@bookTicker`)) {
    streams.send(`${name}@bookTicker`, tickerFrame(listing, ticker));
  }
  for (const [stream, diff] of [
    [`${name}@depth@100ms`, depth],
    [`${name}@depth`, slowDepth],
  ] as const) {
    if (diff && streams.wanted(stream) && faults.passes('depth')) {
      streams.send(stream, depthFrame(listing, diff, ts));
    }
  }
}
