import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Candle, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { fetchBookSnapshot, fetchCandles, fetchTradesSince } from '../history.ts';
import { type RestServer, serveRest } from '../testing/rest-server.ts';
import type { Venue } from '../venue.ts';
import { createBitfinex } from './bitfinex.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const TRADES = 12_000;
/** Minutes in which nothing was traded: they are left out. */
const isQuiet = (minute: number) => minute >= 3_000 && minute < 3_100;

/** Rows as https://docs.bitfinex.com/reference/rest-public-trades has them: ids of other symbols lie between. */
function answer(path: string, query: URLSearchParams): unknown {
  const [start, end, limit] = ['start', 'end', 'limit'].map((name) => Number(query.get(name)));
  if (query.get('sort') !== '1') return undefined;
  if (path === '/v2/candles/trade:1m:tBTCUST/hist') {
    const minutes = Array.from({ length: 20_000 }, (_, i) => i).filter((minute) => !isQuiet(minute));
    return minutes
      .map((minute) => [START + minute * MINUTE, 1.1, 1.2, 1.3, 1, 5])
      .filter(([ts = 0]) => ts >= (start as number) && ts <= (end as number))
      .slice(0, limit);
  }
  if (path !== '/v2/trades/tBTCUST/hist') return undefined;
  return Array.from({ length: TRADES }, (_, i) => [40 + i * 7, START + i * 1000, i % 2 ? 1e-7 : -0.5, 1.1])
    .filter(([, ts = 0]) => ts >= (start as number))
    .slice(0, limit);
}

let server: RestServer;
let bitfinex: Venue;

beforeAll(async () => {
  server = await serveRest(answer);
  const venue = createBitfinex();
  bitfinex = { ...venue, history: { ...venue.history, restOrigin: server.url } };
});
afterAll(() => server.close());

async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

test('Bitfinex’s candles come ten thousand a call, over minutes without a trade', async () => {
  const query = { symbol: 'BTC/USDT', interval: '1m', from: START, to: START + 12_000 * MINUTE } as const;
  const candles = await all<Candle>(fetchCandles({ venue: bitfinex, ...query }));
  const minutes = Array.from({ length: 12_000 }, (_, i) => i).filter((minute) => !isQuiet(minute));
  expect(candles.map(({ ts }) => (ts - START) / MINUTE)).toEqual(minutes);
  expect(candles[0]).toMatchObject({
    ...{ venue: 'bitfinex', symbol: 'BTC/USDT', open: '1.1', close: '1.2', high: '1.3', low: '1' },
    ...{ volume: '5', closed: true },
  });
});

test('Bitfinex’s trades are paged by time; their ids rise with holes between them', async () => {
  const from = { id: '75', ts: START + 5_000 };
  const trades = await all<Trade>(fetchTradesSince({ venue: bitfinex, symbol: 'BTC/USDT', from }));
  expect(trades.map(({ id }) => Number(id))).toEqual(
    Array.from({ length: TRADES - 5 }, (_, i) => 75 + i * 7),
  );
  expect(trades[0]).toMatchObject({ side: 'buy', size: '0.0000001', price: '1.1', ts: START + 5_000 });
});

test('Bitfinex’s books are not asked for over REST', async () => {
  await expect(fetchBookSnapshot(bitfinex, 'BTC/USDT')).rejects.toThrow(RejectError);
});
