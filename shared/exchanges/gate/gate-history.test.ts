import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Candle, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { fetchBookSnapshot, fetchCandles, fetchTrades } from '../history.ts';
import { type RestServer, serveRest } from '../testing/rest-server.ts';
import type { Venue } from '../venue.ts';
import { createGate } from './gate.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const NEWEST = 2_500;

/** Rows as https://www.gate.com/docs/developers/apiv4/en/ has them: a candle a minute, a trade a second. */
function answer(path: string, query: URLSearchParams): unknown {
  if (path === '/api/v4/spot/candlesticks') {
    const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
    const first = Math.ceil(from / 60) * 60;
    const count = Math.floor((to - first) / 60) + 1;
    if (count > 1000) return { label: 'INVALID_PARAM_VALUE', message: 'Candlestick range too broad' };
    return Array.from({ length: count }, (_, i) => {
      const prices = ['1.20', '1.30', '1.00', '1.10'];
      return [String(first + i * 60), '6.00', ...prices, '5.000', 'true'];
    });
  }
  if (path !== '/api/v4/spot/trades' || query.get('reverse') !== 'true') return undefined;
  const newest = Math.min(Number(query.get('last_id')) - 1, NEWEST);
  return Array.from({ length: Math.min(Number(query.get('limit')), newest) }, (_, i) => {
    const id = newest - i;
    return {
      ...{ id: String(id), sequence_id: String(id), currency_pair: query.get('currency_pair') },
      ...{ create_time: String(START / 1000 + id), create_time_ms: `${START + id * 1000 + 123}.457000` },
      ...{ side: id % 2 ? 'buy' : 'sell', amount: '0.50', price: '1.10' },
    };
  });
}

let server: RestServer;
let gate: Venue;

beforeAll(async () => {
  server = await serveRest(answer);
  const venue = createGate();
  gate = { ...venue, history: { ...venue.history, restOrigin: server.url } };
});
afterAll(() => server.close());

async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

test('Gate’s candles come a thousand a call, whole', async () => {
  const query = { symbol: 'BTC/USDT', interval: '1m', from: START, to: START + 2_500 * MINUTE } as const;
  const candles = await all<Candle>(fetchCandles({ venue: gate, ...query }));
  expect(candles.map(({ ts }) => (ts - START) / MINUTE)).toEqual(Array.from({ length: 2_500 }, (_, i) => i));
  expect(candles[0]).toMatchObject({
    ...{ venue: 'gate', symbol: 'BTC/USDT', open: '1.1', high: '1.3', low: '1', close: '1.2' },
    ...{ volume: '5', closed: true },
  });
  expect(server.requests).toHaveLength(3);
  expect(() => gate.history.candles.call({ ...query, interval: '1s' })).toThrow(RejectError);
});

test('Gate’s trades come by id, both ends included, however the venue counts the end of a page', async () => {
  const query = { venue: gate, symbol: 'BTC/USDT', fromId: '400', toId: '2450' };
  const trades = await all<Trade>(fetchTrades(query));
  expect(trades.map(({ id }) => Number(id))).toEqual(Array.from({ length: 2_051 }, (_, i) => 400 + i));
  expect(trades[0]).toMatchObject({ price: '1.1', size: '0.5', side: 'sell', ts: START + 400_123 });
  const newest = await all<Trade>(fetchTrades({ venue: gate, symbol: 'BTC/USDT', fromId: '2498' }));
  expect(newest.map(({ id }) => id)).toEqual(['2498', '2499', '2500']);
  expect(server.requests.at(-1)?.searchParams.get('currency_pair')).toBe('BTC_USDT');
});

test('Gate’s whole books are the stream’s', async () => {
  await expect(fetchBookSnapshot(gate, 'BTC/USDT')).rejects.toThrow(RejectError);
});
