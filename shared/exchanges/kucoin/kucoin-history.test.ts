import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Candle, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { fetchBookSnapshot, fetchBookTop, fetchCandles, fetchTradesSince } from '../history.ts';
import { type RestServer, serveRest } from '../testing/rest-server.ts';
import type { Venue } from '../venue.ts';
import { createKucoin } from './kucoin.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const FIRST_ID = 10_976_028_003_549_185n;
const CANDLES_A_CALL = 1500;

/** Rows as https://www.kucoin.com/docs-new has them; nothing was traded in the first two thousand minutes. */
function answer(path: string, query: URLSearchParams): unknown {
  if (path === '/api/v1/market/candles') {
    const data: string[][] = [];
    const [from, to] = [Number(query.get('startAt')), Number(query.get('endAt'))];
    for (let ts = Math.ceil(from / 60) * 60; ts <= to; ts += 60) {
      const isQuiet = ts < START / 1000 + 2_000 * 60;
      if (!isQuiet) data.unshift([String(ts), '1.10', '1.20', '1.30', '1.00', '5.000', '6.0']);
    }
    return { code: '200000', data: data.slice(0, CANDLES_A_CALL) };
  }
  if (path === '/api/v1/market/orderbook/level2_100') {
    const data = { time: START, sequence: '7', bids: [['99.50', '1.00']], asks: [['100.50', '2.00']] };
    return { code: '200000', data };
  }
  if (path !== '/api/v1/market/histories') return undefined;
  const data = Array.from({ length: 100 }, (_, i) => ({
    ...{ sequence: String(FIRST_ID + BigInt(i)), price: '1.10', size: '0.50', side: 'sell' },
    time: Number(`${START + Math.floor(i / 2)}000000`),
  }));
  return { code: '200000', data: data.reverse() };
}

let server: RestServer;
let kucoin: Venue;

beforeAll(async () => {
  server = await serveRest(answer);
  const venue = createKucoin();
  kucoin = { ...venue, history: { ...venue.history, restOrigin: server.url } };
});
afterAll(() => server.close());

async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

test('KuCoin’s candles come fifteen hundred a call, and a quiet stretch is not the end', async () => {
  const query = { symbol: 'BTC/USDT', interval: '1m', from: START, to: START + 4_000 * MINUTE } as const;
  const candles = await all<Candle>(fetchCandles({ venue: kucoin, ...query }));
  expect(candles.map(({ ts }) => (ts - START) / MINUTE)).toEqual(
    Array.from({ length: 2_000 }, (_, i) => 2_000 + i),
  );
  expect(candles[0]).toMatchObject({
    ...{ venue: 'kucoin', symbol: 'BTC/USDT', open: '1.1', close: '1.2', high: '1.3', low: '1' },
    ...{ volume: '5', closed: true },
  });
});

test('KuCoin’s newest hundred trades come in order, those of a millisecond too', async () => {
  const from = { id: String(FIRST_ID + 96n), ts: START + 48 };
  const trades = await all<Trade>(fetchTradesSince({ venue: kucoin, symbol: 'BTC/USDT', from }));
  expect(trades.map(({ id }) => BigInt(id) - FIRST_ID)).toEqual(
    Array.from({ length: 100 }, (_, i) => BigInt(i)),
  );
  expect(trades[97]).toMatchObject({ price: '1.1', size: '0.5', side: 'sell', ts: START + 48 });
});

test('KuCoin’s whole books come in the stream; REST has the best levels to compare them with', async () => {
  await expect(fetchBookSnapshot(kucoin, 'BTC/USDT')).rejects.toThrow(RejectError);
  expect(await fetchBookTop(kucoin, 'BTC/USDT')).toEqual({ bids: [['99.5', '1']], asks: [['100.5', '2']] });
});
