import type { Bar } from './candles.ts';
import type { DepthDiff } from './depth-diff.ts';
import { type Listing, notionalToWire, toWire } from './listing.ts';
import type { Ticker } from './market.ts';
import type { BookLevel } from './matching.ts';
import type { TapeTrade } from './tape.ts';

/**
 * Market facts as Binance spot's streams spell them, as JSON text. `at` is the event time `E`, UTC ms.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 */
export function tradeFrame(listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade, at: number) {
  const { p, q } = amounts(listing, ticks, lots);
  return `{"e":"trade","E":${at},"s":"${listing.id}","t":${id},"p":"${p}","q":"${q}","T":${ts},"m":${buyerIsMaker},"M":true}`;
}

/** Every trade is an aggregate of its own here: `a`, `f` and `l` are the trade's id. */
export function aggTradeFrame(
  listing: Listing,
  { id, ts, ticks, lots, buyerIsMaker }: TapeTrade,
  at: number,
) {
  const { p, q } = amounts(listing, ticks, lots);
  return `{"e":"aggTrade","E":${at},"s":"${listing.id}","a":${id},"p":"${p}","q":"${q}","f":${id},"l":${id},"T":${ts},"m":${buyerIsMaker},"M":true}`;
}

export function depthFrame(listing: Listing, { first, last, bids, asks }: DepthDiff, at: number) {
  const b = JSON.stringify(wireLevels(listing, bids));
  const a = JSON.stringify(wireLevels(listing, asks));
  return `{"e":"depthUpdate","E":${at},"s":"${listing.id}","U":${first},"u":${last},"b":${b},"a":${a}}`;
}

export function tickerFrame(listing: Listing, { updateId, bid, ask }: Ticker) {
  const [b, B] = wireLevel(listing, bid);
  const [a, A] = wireLevel(listing, ask);
  return `{"u":${updateId},"s":"${listing.id}","b":"${b}","B":"${B}","a":"${a}","A":"${A}"}`;
}

export function klineFrame(listing: Listing, interval: string, intervalMs: number, bar: Bar, at: number) {
  const { priceDecimals, sizeDecimals } = listing;
  const price = (ticks: number) => toWire(ticks, priceDecimals);
  return JSON.stringify({
    e: 'kline',
    E: at,
    s: listing.id,
    k: {
      t: bar.ts,
      T: bar.ts + intervalMs - 1,
      s: listing.id,
      i: interval,
      f: bar.firstId,
      L: bar.lastId,
      o: price(bar.open),
      c: price(bar.close),
      h: price(bar.high),
      l: price(bar.low),
      v: toWire(bar.lots, sizeDecimals),
      n: bar.trades,
      x: at >= bar.ts + intervalMs,
      q: notionalToWire(bar.quote, listing),
      V: toWire(bar.takerLots, sizeDecimals),
      Q: notionalToWire(bar.takerQuote, listing),
      B: '0',
    },
  });
}

/** A row of REST's klines: open time, o, h, l, c, volume, close time, quote volume, trades, taker base, taker quote. */
export function klineRow(listing: Listing, intervalMs: number, bar: Bar) {
  const { priceDecimals, sizeDecimals } = listing;
  return [
    bar.ts,
    toWire(bar.open, priceDecimals),
    toWire(bar.high, priceDecimals),
    toWire(bar.low, priceDecimals),
    toWire(bar.close, priceDecimals),
    toWire(bar.lots, sizeDecimals),
    bar.ts + intervalMs - 1,
    notionalToWire(bar.quote, listing),
    bar.trades,
    toWire(bar.takerLots, sizeDecimals),
    notionalToWire(bar.takerQuote, listing),
    '0',
  ];
}

export function tradeRow(listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade) {
  const { p, q } = amounts(listing, ticks, lots);
  const quoteQty = notionalToWire(BigInt(ticks) * BigInt(lots), listing);
  return { id, price: p, qty: q, quoteQty, time: ts, isBuyerMaker: buyerIsMaker, isBestMatch: true };
}

export function aggTradeRow(listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade) {
  return { a: id, ...amounts(listing, ticks, lots), f: id, l: id, T: ts, m: buyerIsMaker, M: true };
}

export const wireLevels = (listing: Listing, levels: readonly BookLevel[]) =>
  levels.map((level) => wireLevel(listing, level));

const wireLevel = ({ priceDecimals, sizeDecimals }: Listing, [ticks, lots]: BookLevel) =>
  [toWire(ticks, priceDecimals), toWire(lots, sizeDecimals)] as const;

const amounts = ({ priceDecimals, sizeDecimals }: Listing, ticks: number, lots: number) => ({
  p: toWire(ticks, priceDecimals),
  q: toWire(lots, sizeDecimals),
});
