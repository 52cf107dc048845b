import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Level } from '../domain/market.ts';
import { createBitfinex } from './bitfinex/bitfinex.ts';
import { createBitget } from './bitget/bitget.ts';
import { Book } from './book.ts';
import { createBybit } from './bybit/bybit.ts';
import { createCoinbase } from './coinbase/coinbase.ts';
import { createGate } from './gate/gate.ts';
import { createKucoin } from './kucoin/kucoin.ts';
import { RECEIVED_AT } from './testing/conformance.ts';
import type { Venue } from './venue.ts';

/**
 * Streams of lawful frames, beside the book that is true after each; then frames are lost, repeated and swapped. What
 * is `live` must be true, and each break must show in the next frame.
 */
interface Dialect {
  venue: Venue;
  /** What a connection says before its books. */
  opening?: string;
  /** The venue's words for the `index`-th change of a book that now is `bids`. */
  write(index: number, isWhole: boolean, changes: Level[]): string;
}

const START = Date.UTC(2026, 0, 1);

const bybit: Dialect = {
  venue: createBybit('linear'),
  write: (index, isWhole, changes) =>
    JSON.stringify({
      topic: 'orderbook.200.BTCUSDT',
      type: isWhole ? 'snapshot' : 'delta',
      ts: START + index * 20,
      data: { s: 'BTCUSDT', b: changes, a: [], u: 5_000 + index, seq: 9_000 + index * 7 },
    }),
};

const coinbase: Dialect = {
  venue: createCoinbase(),
  write: (index, isWhole, changes) =>
    JSON.stringify({
      channel: 'l2_data',
      timestamp: new Date(START + index * 20).toISOString(),
      sequence_num: index,
      events: [
        {
          type: isWhole ? 'snapshot' : 'update',
          product_id: 'BTC-USD',
          updates: changes.map(([price_level, new_quantity]) => ({ side: 'bid', price_level, new_quantity })),
        },
      ],
    }),
};

const gate: Dialect = {
  venue: createGate(),
  write: (index, isWhole, changes) =>
    JSON.stringify({
      channel: 'spot.obu',
      event: 'update',
      result: {
        ...(isWhole ? { full: true } : { U: 5_000 + index * 3 }),
        ...{ t: START + index * 20, s: 'ob.BTC_USDT.400', u: 5_002 + index * 3, b: changes, a: [] },
      },
    }),
};

const bitget: Dialect = {
  venue: createBitget('futures'),
  write: (index, isWhole, changes) => {
    const seq = 5_000 + index * 7;
    const ts = String(START + index * 20);
    return JSON.stringify({
      action: isWhole ? 'snapshot' : 'update',
      arg: { instType: 'USDT-FUTURES', channel: 'books', instId: 'BTCUSDT' },
      data: [{ asks: [], bids: changes, ts, seq, pseq: isWhole ? 0 : seq - 7 }],
    });
  },
};

const bitfinex: Dialect = {
  venue: createBitfinex(),
  opening:
    '{"event":"subscribed","channel":"book","chanId":17082,"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"250"}',
  write: (index, isWhole, changes) => {
    const rows = changes.map(([price, size]) => (size === '0' ? [+price, 0, 1] : [+price, 1, +size]));
    return JSON.stringify([17_082, isWhole ? rows : rows[0], 1 + index, START + index * 20]);
  },
};

const kucoin: Dialect = {
  venue: createKucoin(),
  write: (index, isWhole, changes) => {
    const numbers = { O: 5_000 + (isWhole ? 3 : 1) + index * 3, C: 5_003 + index * 3 };
    const body = JSON.stringify({ ...numbers, a: [], b: changes, s: 'BTC-USDT' });
    const kind = isWhole ? 'snapshot' : 'delta';
    const time = `${START + index * 20}000000`;
    return `{"T":"obu.SPOT","dp":"increment@10ms","t":"${kind}","P":${time},"d":${body.replace('{', `{"M":${time},`)}}`;
  },
};

const FRAMES = 40;
/** Frames that are whole books. */
const WHOLE = new Set([0, 15, 30]);
/** Places before this one are tampered with: eight losses later, the last whole book still stands. */
const LAST_MESS = 20;

interface Stream {
  frames: string[];
  /** The bids after each frame, best first. */
  truth: Level[][];
}

function createStream(dialect: Dialect, steps: readonly { price: number; size: number }[]): Stream {
  const bids = new Map<number, number>([[50, 1]]);
  const stream: Stream = { frames: [], truth: [] };
  for (let index = 0; index < FRAMES; index++) {
    const { price, size } = steps[index % steps.length] as { price: number; size: number };
    if (size === 0) bids.delete(price);
    else bids.set(price, size);
    const standing = [...bids].sort(([a], [b]) => b - a).map(([at, held]): Level => [`${at}`, `${held}`]);
    const isWhole = WHOLE.has(index);
    stream.frames.push(dialect.write(index, isWhole, isWhole ? standing : [[`${price}`, `${size}`]]));
    stream.truth.push(standing);
  }
  return stream;
}

/** Feeds the frames of these indices; tells after each whether the book is live, and what it holds. */
function follow({ venue, opening }: Dialect, { frames }: Stream, order: readonly number[]) {
  const mapper = venue.createMapper();
  if (opening) mapper.read(opening, RECEIVED_AT);
  const book = new Book(venue.book);
  const steps = order.map((index) => {
    const reading = mapper.read(frames[index] as string, RECEIVED_AT);
    for (const event of reading.kind === 'events' ? reading.events : []) {
      if (event.type === 'book') book.apply(event);
    }
    return { live: book.state === 'live', bids: book.top(200).bids };
  });
  return { steps, book };
}

const change = fc.record({ price: fc.integer({ min: 40, max: 60 }), size: fc.integer({ min: 0, max: 3 }) });
const changes = fc.array(change, { minLength: 5, maxLength: FRAMES });
const place = fc.integer({ min: 1, max: FRAMES - 2 });
const whole = Array.from({ length: FRAMES }, (_, index) => index);
/** The first whole book after a place; none is as good as never. */
const nextWhole = (index: number) => [...WHOLE].find((at) => at > index) ?? FRAMES;

describe.each([
  ['Bitfinex', bitfinex],
  ['Bybit', bybit],
  ['Coinbase', coinbase],
  ['Gate', gate],
  ['Bitget', bitget],
  ['KuCoin', kucoin],
])('a stream of %s', (_name, dialect) => {
  test('that is whole gives the true book after every frame, without a gap', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const stream = createStream(dialect, steps);
        const { steps: seen, book } = follow(dialect, stream, whole);
        expect(seen).toEqual(stream.truth.map((bids) => ({ live: true, bids })));
        expect(book.counters.gaps).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test('that lost a frame is stale from the next one to the next whole book, and true again from there', () => {
    fc.assert(
      fc.property(changes, place, (steps, lost) => {
        const stream = createStream(dialect, steps);
        const order = whole.filter((index) => index !== lost);
        const { steps: seen, book } = follow(dialect, stream, order);
        const healed = nextWhole(lost);
        order.forEach((index, at) => {
          const isBroken = index > lost && index < healed;
          expect(seen[at]?.live).toBe(!isBroken);
          if (!isBroken) expect(seen[at]?.bids).toEqual(stream.truth[index]);
        });
        if (healed > lost + 1) expect(book.counters.gaps).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  test('that repeats any frame at any later time stays true, without a gap', () => {
    fc.assert(
      fc.property(changes, place, place, (steps, a, b) => {
        const stream = createStream(dialect, steps);
        const [again, after] = [Math.min(a, b), Math.max(a, b)];
        const order = [...whole.slice(0, after + 1), again, ...whole.slice(after + 1)];
        const { steps: seen, book } = follow(dialect, stream, order);
        expect(seen.every(({ live }) => live)).toBe(true);
        expect(seen.at(-1)?.bids).toEqual(stream.truth.at(-1));
        expect(book.counters.gaps).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('that is cut, doubled and shuffled is never live and wrong, and is right at the end after a whole book', () => {
    const mess = fc.array(fc.tuple(fc.constantFrom('lose', 'repeat', 'swap'), place), { maxLength: 8 });
    fc.assert(
      fc.property(changes, mess, (steps, mutations) => {
        const stream = createStream(dialect, steps);
        const order = mutations
          .filter(([, at]) => at < LAST_MESS)
          .reduce((frames, [kind, at]) => mutate(frames, kind, at), [...whole]);
        const { steps: seen } = follow(dialect, stream, order);
        seen.forEach(({ live, bids }, at) => {
          const newest = Math.max(...order.slice(0, at + 1));
          if (live) expect(bids).toEqual(stream.truth[newest]);
        });
        expect(seen.at(-1)).toEqual({ live: true, bids: stream.truth.at(-1) });
      }),
      { numRuns: 100 },
    );
  });
});

function mutate(frames: number[], kind: string, at: number): number[] {
  const out = [...frames];
  if (kind === 'lose') out.splice(at, 1);
  else if (kind === 'repeat') out.splice(at + 2, 0, out[at] as number);
  else out.splice(at, 2, out[at + 1] as number, out[at] as number);
  return out;
}
