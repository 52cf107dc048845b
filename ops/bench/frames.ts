import { krakenChecksum } from '../../shared/exchanges/kraken/kraken-checksum.ts';
import { type Random, seeded } from '../sim/random.ts';

/** Frames as a venue would have sent them: `books` are inline REST snapshots (`{"snapshot_for":…}`). */
export interface FrameSet {
  label: string;
  venue: string;
  market: string;
  /** What the venue says to a new connection; every reader hears it first, off the clock. */
  opening?: { frame: string; at: number }[];
  /** `at`: UTC ms of receipt. */
  frames: { frame: string; at: number }[];
  /** The same with one channel alone: of numbered frames none can be left out. */
  ofChannel?(channel: 'trades' | 'book' | 'quotes'): FrameSet;
}

const START = Date.UTC(2026, 0, 5, 12);
const MID_TICKS = 6_183_763;
/** Places of Kraken's prices and sizes. */
const DECIMALS = [1, 8] as const;

/**
 * BTCUSDT of Binance spot in the combined form, with the mix and the lengths of a recorded ten minutes: 68 % book
 * tickers, 24 % trades, 8 % depth changes of about 20 levels, after a whole book of 1,000 levels a side.
 */
export function binanceFrames(count: number): FrameSet {
  const random = seeded('bench', 'binance');
  const book = binanceWholeBook(random);
  const frames = [{ frame: JSON.stringify({ snapshot_for: 'BTCUSDT', body: book }), at: START }];
  let updateId = book.lastUpdateId;
  for (let i = 0; i < count; i++) {
    const at = START + i * 3;
    const dice = random.next();
    if (dice < 0.68) frames.push({ frame: binanceQuote(random, updateId), at });
    else if (dice < 0.92) frames.push({ frame: binanceTrade(random, 3_735_683_259 + i, at), at });
    else {
      const first = updateId + 1;
      updateId += 1 + below(random, 30);
      frames.push({ frame: binanceDepth(random, first, updateId, at), at });
    }
  }
  return { label: 'Binance spot, generated', venue: 'binance', market: 'spot', frames };
}

function binanceWholeBook(random: Random) {
  const side = (sign: number) =>
    Array.from({ length: 1_000 }, (_, i) => [price8(MID_TICKS + sign * (i + 1)), size8(random)]);
  return { lastUpdateId: 50_093_239_218, bids: side(-1), asks: side(1) };
}

function binanceQuote(random: Random, u: number): string {
  const data = { u, s: 'BTCUSDT', b: price8(MID_TICKS - 1), B: size8(random) };
  const ask = { a: price8(MID_TICKS + 1), A: size8(random) };
  return JSON.stringify({ stream: 'btcusdt@bookTicker', data: { ...data, ...ask } });
}

function binanceTrade(random: Random, t: number, at: number): string {
  const p = price8(MID_TICKS + below(random, 200) - 100);
  const head = { e: 'trade', E: at - 1, s: 'BTCUSDT', t, p, q: size8(random), T: at - 2 };
  return JSON.stringify({ stream: 'btcusdt@trade', data: { ...head, m: random.next() < 0.5, M: true } });
}

function binanceDepth(random: Random, U: number, u: number, at: number): string {
  const changes = (sign: number) =>
    Array.from({ length: 4 + below(random, 14) }, () => [
      price8(MID_TICKS + sign * (1 + below(random, 1_500))),
      random.next() < 0.4 ? '0.00000000' : size8(random),
    ]);
  const data = { e: 'depthUpdate', E: at - 1, s: 'BTCUSDT', U, u, b: changes(-1), a: changes(1) };
  return JSON.stringify({ stream: 'btcusdt@depth@100ms', data });
}

/**
 * BTC/USD of Kraken v2: 80 % book changes of one or two levels with their checksums, 12 % trades, 6 % tickers, 2 %
 * heartbeats, after a whole book of 100 levels a side.
 */
export function krakenFrames(count: number): FrameSet {
  const random = seeded('bench', 'kraken');
  const bids = new KrakenSide(random, -1);
  const asks = new KrakenSide(random, 1);
  const frames = [{ frame: krakenBook('snapshot', bids.all(), asks.all(), bids, asks, START), at: START }];
  for (let i = 0; i < count; i++) {
    const at = START + i * 3;
    const dice = random.next();
    if (dice < 0.8) {
      const ofBids = random.next() < 0.5;
      const changes = (ofBids ? bids : asks).change();
      frames.push({
        frame: krakenBook('update', ofBids ? changes : [], ofBids ? [] : changes, bids, asks, at),
        at,
      });
    } else if (dice < 0.92) frames.push({ frame: krakenTrades(random, 80_000_000 + i * 3, at), at });
    else if (dice < 0.98) frames.push({ frame: krakenTicker(bids, asks, at), at });
    else frames.push({ frame: '{"channel":"heartbeat"}', at });
  }
  return { label: 'Kraken spot, generated', venue: 'kraken', market: 'spot', frames };
}

/** One side that always has 100 levels: changes alter one, or move one to a price that was free. */
class KrakenSide {
  readonly #random: Random;
  readonly #sign: 1 | -1;
  readonly #levels = new Map<number, string>();

  constructor(random: Random, sign: 1 | -1) {
    this.#random = random;
    this.#sign = sign;
    for (let i = 0; i < 100; i++) this.#levels.set(1 + i * 2, size8(random));
  }

  all(): [string, string][] {
    return [...this.#levels].sort((a, b) => a[0] - b[0]).map(([tick, size]) => [this.#price(tick), size]);
  }

  change(): [string, string][] {
    const ticks = [...this.#levels.keys()].sort((a, b) => a - b);
    const tick = ticks[Math.floor(this.#random.next() ** 3 * ticks.length)] as number;
    const free = 1 + below(this.#random, 200);
    if (this.#random.next() < 0.7 || this.#levels.has(free)) return [this.#set(tick)];
    this.#levels.delete(tick);
    return [[this.#price(tick), '0.00000000'], this.#set(free)];
  }

  #set(tick: number): [string, string] {
    const size = size8(this.#random);
    this.#levels.set(tick, size);
    return [this.#price(tick), size];
  }

  #price(tick: number): string {
    return ((618_376 + this.#sign * tick) / 10).toFixed(1);
  }
}

function krakenBook(
  type: 'snapshot' | 'update',
  bids: [string, string][],
  asks: [string, string][],
  wholeBids: KrakenSide,
  wholeAsks: KrakenSide,
  at: number,
): string {
  const checksum = krakenChecksum()(wholeBids.all().slice(0, 10), wholeAsks.all().slice(0, 10), DECIMALS);
  const levels = (side: [string, string][]) =>
    side.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join();
  return `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${levels(bids)}],"asks":[${levels(asks)}],"checksum":${checksum},"timestamp":"${micros(at)}"}]}`;
}

function krakenTrades(random: Random, id: number, at: number): string {
  const rows = Array.from({ length: 1 + below(random, 3) }, (_, i) => {
    const side = random.next() < 0.5 ? 'buy' : 'sell';
    const price = ((618_376 + below(random, 20) - 10) / 10).toFixed(1);
    return `{"symbol":"BTC/USD","side":"${side}","price":${price},"qty":${size8(random)},"ord_type":"limit","trade_id":${id + i},"timestamp":"${micros(at)}"}`;
  });
  return `{"channel":"trade","type":"update","data":[${rows.join()}]}`;
}

function krakenTicker(bids: KrakenSide, asks: KrakenSide, at: number): string {
  const [[bid, bidSize] = ['', '']] = bids.all();
  const [[ask, askSize] = ['', '']] = asks.all();
  return `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":${bid},"bid_qty":${bidSize},"ask":${ask},"ask_qty":${askSize},"last":61837.6,"volume":2158.32346723,"vwap":61894.5,"low":60824.0,"high":63300.0,"change":-679.9,"change_pct":-1.09,"timestamp":"${micros(at)}"}]}`;
}

const below = (random: Random, limit: number) => Math.floor(random.next() * limit);
const price8 = (ticks: number) => `${(ticks / 100).toFixed(2)}000000`;
const size8 = (random: Random) => (0.00001 + random.next() ** 4 * 4).toFixed(5).padEnd(10, '0');
const micros = (at: number) => new Date(at).toISOString().replace('Z', '000Z');
