import { INTERVALS, type Interval } from '../../../shared/domain/market.ts';
import type { BookChange } from '../book-view.ts';
import type { Bar } from '../candles.ts';
import { type Listing, notionalToWire, plain, toWire } from '../listing.ts';
import type { Mark } from '../mark.ts';
import type { Ticker } from '../market.ts';
import type { BookLevel } from '../matching.ts';
import type { TapeTrade } from '../tape.ts';
import type { BinanceMarket } from './binance.ts';

/**
 * Market facts as Binance's streams spell them, as JSON text; `s` is Binance's own symbol, `at` the event time, UTC
 * ms. Spot fills every amount up to eight decimals; futures add transaction times, and to each change of a book the
 * id of the one before it.
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 */
export function binanceFrames(market: BinanceMarket) {
  const { price, size, level } = digitsOf(market);
  const isSpot = market === 'spot';
  const list = (listing: Listing, levels: readonly BookLevel[]) =>
    JSON.stringify(levels.map((each) => level(listing, each)));
  return {
    trade(s: string, listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade, at: number) {
      const [p, q] = [price(listing, ticks), size(listing, lots)];
      return `{"e":"trade","E":${at},"s":"${s}","t":${id},"p":"${p}","q":"${q}","T":${ts},"m":${buyerIsMaker},"M":true}`;
    },

    /** Every trade is an aggregate of its own here: `a`, `f` and `l` are the trade's id. */
    aggTrade(s: string, listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade, at: number) {
      const [p, q] = [price(listing, ticks), size(listing, lots)];
      const ignored = isSpot ? ',"M":true' : '';
      return `{"e":"aggTrade","E":${at},"s":"${s}","a":${id},"p":"${p}","q":"${q}","f":${id},"l":${id},"T":${ts},"m":${buyerIsMaker}${ignored}}`;
    },

    depth(s: string, listing: Listing, { first, last, bids, asks }: BookChange, at: number) {
      const time = isSpot ? '' : `"T":${at},`;
      const prev = isSpot ? '' : `"pu":${first - 1},`;
      return `{"e":"depthUpdate","E":${at},${time}"s":"${s}","U":${first},"u":${last},${prev}"b":${list(listing, bids)},"a":${list(listing, asks)}}`;
    },

    ticker(s: string, listing: Listing, { updateId, bid, ask }: Ticker, at: number) {
      const [[b, B], [a, A]] = [level(listing, bid), level(listing, ask)];
      const best = `"u":${updateId},"s":"${s}","b":"${b}","B":"${B}","a":"${a}","A":"${A}"`;
      return isSpot ? `{${best}}` : `{"e":"bookTicker",${best},"T":${at},"E":${at}}`;
    },

    kline(s: string, listing: Listing, interval: Interval, bar: Bar, closed: boolean, at: number) {
      return JSON.stringify({
        e: 'kline',
        E: at,
        s,
        k: {
          t: bar.ts,
          T: bar.ts + INTERVALS[interval] - 1,
          s,
          i: interval,
          f: bar.firstId,
          L: bar.lastId,
          o: price(listing, bar.open),
          c: price(listing, bar.close),
          h: price(listing, bar.high),
          l: price(listing, bar.low),
          v: size(listing, bar.lots),
          n: bar.trades,
          x: closed,
          q: notionalToWire(bar.quote, listing),
          V: size(listing, bar.takerLots),
          Q: notionalToWire(bar.takerQuote, listing),
          B: '0',
        },
      });
    },

    mark(s: string, listing: Listing, { markTicks, indexTicks, rate, nextFundingTs }: Mark, at: number) {
      const [p, i] = [price(listing, markTicks), price(listing, indexTicks)];
      const r = `${rate < 0 ? '-' : ''}${plain(Math.abs(rate), 8)}`;
      return `{"e":"markPriceUpdate","E":${at},"s":"${s}","p":"${p}","P":"${p}","i":"${i}","r":"${r}","T":${nextFundingTs}}`;
    },
  };
}

/** Spot fills up to eight decimals; futures write those that there are. */
export function digitsOf(market: BinanceMarket) {
  const write = market === 'spot' ? toWire : plain;
  const price = ({ priceDecimals }: Listing, ticks: number) => write(ticks, priceDecimals);
  const size = ({ sizeDecimals }: Listing, lots: number) => write(lots, sizeDecimals);
  const level = (listing: Listing, [ticks, lots]: BookLevel) =>
    [price(listing, ticks), size(listing, lots)] as const;
  return { price, size, level };
}
