import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Candle, Trade } from '../domain/market.ts';
import { RejectError, RetryError } from '../errors.ts';
import { createBinanceFutures } from './binance/binance-futures.ts';
import { createBybit } from './bybit/bybit.ts';
import { createCoinbase } from './coinbase/coinbase.ts';
import { fetchBookSnapshot, fetchCandles, fetchTrades, fetchTradesSince } from './history.ts';
import { createKraken } from './kraken/kraken.ts';
import { createOkx } from './okx/okx.ts';
import { restQuota } from './quota.ts';
import type { Venue } from './venue.ts';
import { findVenue } from './venues.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

/** REST of four dialects over made-up but lawful history: a candle a minute, a trade a second with id 1, 2, … */
const requests: IncomingMessage[] = [];
const server: Server = createServer((request, response) => {
  requests.push(request);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  answer(pathname.split('/').at(-1) as string, searchParams, response);
});

function answer(path: string, query: URLSearchParams, response: ServerResponse) {
  const send = (body: unknown, status = 200, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const count = (name: string) => Number(query.get(name));
  if (query.get('symbol') === 'NOSUCHUSDT') return send({ code: -1121, msg: 'Invalid symbol.' }, 400);
  if (query.get('symbol') === 'BUSYUSDT') {
    return send({ code: -1003, msg: 'Too many requests.' }, 429, { 'retry-after': '7' });
  }
  if (path === 'kline') {
    const rows = Math.min(1000, Math.floor((count('end') - count('start')) / MINUTE) + 1);
    const list = Array.from({ length: rows }, (_, i) => {
      const ts = count('start') + i * MINUTE;
      return [String(ts), '1.10', '1.30', '1.00', '1.20', '5.000', '6.0'];
    });
    return send({
      retCode: 0,
      retMsg: 'OK',
      result: { category: query.get('category'), list: list.reverse() },
    });
  }
  if (path === 'recent-trade') {
    const list = Array.from({ length: count('limit') }, (_, i) => ({
      ...{ execId: `id-${100 - i}`, symbol: 'BTCUSDT', price: '1.10', size: '0.50', side: 'Sell' },
      time: String(START + (100 - i) * 1000),
    }));
    return send({ retCode: 0, retMsg: 'OK', result: { category: query.get('category'), list } });
  }
  if (path === 'candles') {
    const candles = [];
    for (let ts = count('start'); ts <= count('end'); ts += 60) {
      const isQuiet = ts < START / 1000 + 400 * 60;
      if (!isQuiet) candles.unshift({ start: String(ts), ...COINBASE_PRICES });
    }
    if (candles.length > 350) return send({ error: 'INVALID_ARGUMENT' }, 400);
    return send({ candles });
  }
  if (path === 'ticker') {
    const trades = [];
    for (let ts = count('start'); ts <= count('end') && ts <= START / 1000 + 120; ts++) {
      const id = ts - START / 1000;
      const isQuiet = id > 20 && id < 60;
      if (!isQuiet)
        trades.unshift({ trade_id: String(id), ...COINBASE_TRADE, time: new Date(ts * 1000).toISOString() });
    }
    return send({ trades, best_bid: '1', best_ask: '2' });
  }
  if (path === 'depth')
    return send({ lastUpdateId: 7, bids: [['99.50', '1.00']], asks: [['100.50', '2.00']] });
  if (path === 'klines') {
    const from = Math.ceil(count('startTime') / MINUTE) * MINUTE;
    const rows = Math.min(1000, Math.floor((count('endTime') - from) / MINUTE) + 1);
    return send(
      Array.from({ length: rows }, (_, i) => {
        const ts = from + i * MINUTE;
        return [ts, '1.10', '1.30', '1.00', '1.20', '5.000', ts + MINUTE - 1, '6.0', 9, '3.0', '3.6', '0'];
      }),
    );
  }
  if (path === 'historicalTrades') {
    const rows = Math.max(0, Math.min(1000, 2_500 - count('fromId') + 1));
    return send(
      Array.from({ length: rows }, (_, i) => {
        const id = count('fromId') + i;
        return {
          id,
          price: '1.10',
          qty: '0.50',
          quoteQty: '0.55',
          time: START + id * 1000,
          isBuyerMaker: id % 2 === 0,
        };
      }),
    );
  }
  if (path === 'aggTrades') {
    const rows = Math.max(0, Math.min(1000, 2_500 - count('fromId') + 1));
    return send(
      Array.from({ length: rows }, (_, i) => {
        const a = count('fromId') + i;
        return { a, p: '1.10', q: '3', f: a, l: a, T: START + a * 1000, m: a % 2 === 0 };
      }),
    );
  }
  if (path === 'history-candles') {
    const last = Math.ceil(count('after') / MINUTE) - 1;
    const rows = Math.min(count('limit'), last - Math.floor(count('before') / MINUTE));
    const data = Array.from({ length: rows }, (_, i) => {
      return [String((last - i) * MINUTE), '1.10', '1.30', '1.00', '1.20', '5', '0.5', '6', '1'];
    });
    return send({ code: '0', msg: '', data });
  }
  if (path === 'history-trades') {
    const newest = Math.min(count('after') - 1, 250);
    const data = Array.from({ length: Math.min(count('limit'), newest) }, (_, i) => {
      const id = newest - i;
      const [side, ts] = [id % 2 ? 'buy' : 'sell', String(START + id * 1000)];
      return { instId: query.get('instId'), side, sz: '3', px: '1.10', tradeId: String(id), ts };
    });
    return send({ code: '0', msg: '', data });
  }
  if (path === 'Trades') {
    const first = Math.max(1, Math.floor(Number(query.get('since')?.slice(0, -6)) / 1000 - START / 1000) + 1);
    const rows = Math.max(0, Math.min(1000, 1_500 - first + 1));
    const trades = Array.from({ length: rows }, (_, i) => {
      const id = first + i;
      return ['1.10000', '0.50000000', START / 1000 + id + 0.3215, id % 2 ? 'b' : 's', 'l', '', id];
    });
    return send({ error: [], result: { XXBTZUSD: trades, last: '0' } });
  }
  send({
    error: [],
    result: { XXBTZUSD: [[START / 1000, '1.1', '1.3', '1.0', '1.2', '1.15', '5.0', 9]], last: 0 },
  });
}

const COINBASE_PRICES = { low: '1.00', high: '1.30', open: '1.10', close: '1.20', volume: '5.000' };
const COINBASE_TRADE = { product_id: 'BTC-USD', price: '1.10', size: '0.50', side: 'SELL' };

let sim: Venue;
let kraken: Venue;
let usdm: Venue;
let coinm: Venue;
let okx: Venue;
let bybit: Venue;
let coinbase: Venue;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sim = findVenue('sim', 'spot', { simUrl: url });
  const here = (venue: Venue): Venue => ({ ...venue, history: { ...venue.history, restOrigin: url } });
  kraken = here(createKraken());
  usdm = here(createBinanceFutures('usdm'));
  coinm = here(createBinanceFutures('coinm'));
  okx = here(createOkx('swap'));
  bybit = here(createBybit('linear'));
  coinbase = here(createCoinbase());
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function all<Row>(pages: AsyncIterable<Row[]>): Promise<{ rows: Row[]; pages: number }> {
  const rows: Row[] = [];
  let count = 0;
  for await (const page of pages) {
    rows.push(...page);
    count++;
  }
  return { rows, pages: count };
}

describe('REST history', () => {
  test('candles come closed, in order, a thousand a page, with the venue’s digits', async () => {
    const to = START + 2_500 * MINUTE;
    const query = { venue: sim, symbol: 'BTC/USDT', interval: '1m', from: START, to } as const;
    const { rows, pages } = await all<Candle>(fetchCandles(query));
    expect(pages).toBe(3);
    expect(rows.map(({ ts }) => ts)).toEqual(Array.from({ length: 2_500 }, (_, i) => START + i * MINUTE));
    expect(rows[0]).toMatchObject({
      ...{ type: 'candle', venue: 'sim', symbol: 'BTC/USDT', interval: '1m', closed: true },
      ...{ open: '1.1', high: '1.3', low: '1', close: '1.2', volume: '5' },
    });
  });

  test('the candle of this very minute is not closed and does not come', async () => {
    const now = Date.now();
    const query = {
      venue: sim,
      symbol: 'BTC/USDT',
      interval: '1m',
      from: now - 10 * MINUTE,
      to: now + MINUTE,
    } as const;
    const { rows } = await all<Candle>(fetchCandles(query));
    expect(rows.every(({ ts }) => ts + MINUTE <= Date.now())).toBe(true);
    expect(rows.length).toBeGreaterThanOrEqual(9);
  });

  test.each([-3_600_000, 3_600_000])('a clock of ours that is %d ms off closes no candle', async (offMs) => {
    const now = Date.now();
    const clock = Date.now.bind(Date);
    const spy = jest.spyOn(Date, 'now').mockImplementation(() => clock() + offMs);
    // A date header has whole seconds: in a minute's first, the candle before it is not known to be closed.
    const query = { venue: sim, symbol: 'BTC/USDT', interval: '1m', from: now - 11 * MINUTE } as const;
    const { rows } = await all<Candle>(fetchCandles({ ...query, to: now + MINUTE }));
    spy.mockRestore();
    expect(rows.every(({ ts }) => ts + MINUTE <= now + 1_000)).toBe(true);
    expect(rows.length).toBeGreaterThanOrEqual(9);
  });

  test('trades come by id, both ends included, and no key is sent', async () => {
    const query = { venue: sim, symbol: 'BTC/USDT', fromId: '400', toId: '1500' };
    const { rows } = await all<Trade>(fetchTrades(query));
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 1_101 }, (_, i) => 400 + i));
    expect(rows[0]).toMatchObject({ price: '1.1', size: '0.5', side: 'sell', ts: START + 400_000 });
    expect(requests.at(-1)?.headers).not.toHaveProperty('x-mbx-apikey');
  });

  test('trades without an end come up to the last', async () => {
    const { rows } = await all<Trade>(fetchTrades({ venue: sim, symbol: 'BTC/USDT', fromId: '2400' }));
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 101 }, (_, i) => 2_400 + i));
  });

  test('Kraken pages trades by time and its candles by seconds', async () => {
    const query = { venue: kraken, symbol: 'BTC/USD', fromId: '100', fromTs: START + 50_000, toId: '1400' };
    const { rows } = await all<Trade>(fetchTrades(query));
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 1_301 }, (_, i) => 100 + i));
    expect(rows[0]).toMatchObject({ side: 'sell', price: '1.1', ts: START + 100_321 });
    const candles = {
      venue: kraken,
      symbol: 'BTC/USD',
      interval: '1m',
      from: START,
      to: START + MINUTE,
    } as const;
    expect((await all<Candle>(fetchCandles(candles))).rows).toMatchObject([
      { ts: START, close: '1.2', volume: '5' },
    ]);
    expect(requests.at(-1)?.url).toContain('pair=XBTUSD');
  });

  test('Bybit tells candles newest first, and of trades its newest page', async () => {
    const symbol = 'BTC/USDT:USDT';
    const to = START + 1_500 * MINUTE;
    const { rows, pages } = await all<Candle>(
      fetchCandles({ venue: bybit, symbol, interval: '1m', from: START, to }),
    );
    expect(pages).toBe(2);
    expect(rows.map(({ ts }) => ts)).toEqual(Array.from({ length: 1_500 }, (_, i) => START + i * MINUTE));
    expect(rows[0]).toMatchObject({ venue: 'bybit', symbol, open: '1.1', volume: '5', closed: true });
    const known = { id: 'id-97', ts: START + 97_000 };
    const trades = await all<Trade>(fetchTradesSince({ venue: bybit, symbol, from: known }));
    expect([trades.pages, trades.rows.length]).toEqual([1, 1_000]);
    expect(trades.rows.slice(-4).map(({ id }) => id)).toEqual(['id-97', 'id-98', 'id-99', 'id-100']);
    expect(requests.at(-1)?.url).toContain('category=linear');
  });

  test('Coinbase is read in stretches of time, and a quiet one is not the end', async () => {
    const to = START + 700 * MINUTE;
    const query = { venue: coinbase, symbol: 'BTC/USD', interval: '1m', from: START, to } as const;
    const { rows } = await all<Candle>(fetchCandles(query));
    expect(rows.map(({ ts }) => ts)).toEqual(
      Array.from({ length: 300 }, (_, i) => START + (400 + i) * MINUTE),
    );
    const asked = { venue: coinbase, symbol: 'BTC/USD', fromId: '5', fromTs: START + 5_000, toId: '100' };
    const trades = (await all<Trade>(fetchTrades(asked))).rows;
    expect(trades.map(({ id }) => Number(id))).toEqual(
      Array.from({ length: 96 }, (_, i) => 5 + i).filter((id) => id <= 20 || id >= 60),
    );
    expect(trades[0]).toMatchObject({ side: 'buy', price: '1.1', size: '0.5', ts: START + 5_000 });
    const from = { id: '90', ts: START + 90_000 };
    const since: number[] = [];
    for await (const page of fetchTradesSince({ venue: coinbase, symbol: 'BTC/USD', from })) {
      since.push(...page.map(({ id }) => Number(id)));
      if (since.includes(120)) break;
    }
    expect(since).toEqual(Array.from({ length: 31 }, (_, i) => 90 + i));
  });

  test('Binance futures give aggregated trades by id, and candles of no more than 200 days a page', async () => {
    const query = { venue: usdm, symbol: 'BTC/USDT:USDT', fromId: '400', toId: '1500' };
    const { rows } = await all<Trade>(fetchTrades(query));
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 1_101 }, (_, i) => 400 + i));
    expect(rows[0]).toMatchObject({ price: '1.1', size: '3', side: 'sell', ts: START + 400_000 });
    expect(requests.at(-1)?.url).toContain('symbol=BTCUSDT&');
    const candles = { venue: coinm, symbol: 'BTC/USD:BTC', interval: '1m', from: START } as const;
    const minutes = await all<Candle>(fetchCandles({ ...candles, to: START + 1_500 * MINUTE }));
    expect(minutes.rows.map(({ ts }) => (ts - START) / MINUTE)).toEqual(
      Array.from({ length: 1_500 }, (_, i) => i),
    );
    const days = { ...candles, interval: '1d', to: START + 400 * 86_400_000 } as const;
    expect(coinm.history.candles.call(days).params).toMatchObject({
      ...{ symbol: 'BTCUSD_PERP', endTime: START + 200 * 86_400_000 - 1 },
    });
    expect(await fetchBookSnapshot(coinm, 'BTC/USD:BTC')).toMatchObject({ symbol: 'BTC/USD:BTC', last: 7 });
  });

  test('OKX pages backwards, a page by its end, and comes out oldest first all the same', async () => {
    const query = { venue: okx, symbol: 'BTC/USDT:USDT', fromId: '30', toId: '240' };
    const { rows } = await all<Trade>(fetchTrades(query));
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 211 }, (_, i) => 30 + i));
    expect(rows[0]).toMatchObject({ price: '1.1', size: '3', side: 'sell', ts: START + 30_000 });
    expect(requests.at(-1)?.url).toContain('instId=BTC-USDT-SWAP');
    const candles = { venue: okx, symbol: 'BTC/USDT:USDT', interval: '1m', from: START } as const;
    const minutes = await all<Candle>(fetchCandles({ ...candles, to: START + 250 * MINUTE }));
    expect(minutes.pages).toBe(3);
    expect(minutes.rows.map(({ ts }) => (ts - START) / MINUTE)).toEqual(
      Array.from({ length: 250 }, (_, i) => i),
    );
  });

  test('a whole book is read as the stream’s would be', async () => {
    expect(await fetchBookSnapshot(sim, 'BTC/USDT')).toMatchObject({
      ...{ kind: 'snapshot', symbol: 'BTC/USDT', last: 7 },
      ...{ bids: [['99.5', '1']], asks: [['100.5', '2']] },
    });
    await expect(fetchBookSnapshot(kraken, 'BTC/USD')).rejects.toThrow(RejectError);
  });

  test('lost trades are fetched before candles of the past, also those that are asked for later', async () => {
    const limits = { ...sim.limits, rest: { host: 'scarce', weight: { count: 30, perMs: 200 } } };
    const venue = { ...sim, limits };
    await all(fetchTrades({ venue, symbol: 'BTC/USDT', fromId: '10', toId: '20' }));
    restQuota(venue).spend(30);
    const from = requests.length;
    const candles = { venue, symbol: 'BTC/USDT', interval: '1m', from: START, to: START + MINUTE } as const;
    const trades = { venue, symbol: 'BTC/USDT', fromId: '10', toId: '20' };
    await Promise.all([
      all(fetchCandles(candles)),
      all(fetchCandles(candles)),
      all(fetchTrades(trades)),
      all(fetchTrades(trades)),
    ]);
    const paths = requests.slice(from).map(({ url = '' }) => url.split('?')[0]?.split('/').at(-1));
    expect(paths).toEqual(['historicalTrades', 'historicalTrades', 'klines', 'klines']);
  });

  test('errors say whether to come again, and when', async () => {
    await expect(fetchBookSnapshot(sim, 'NOSUCH/USDT')).rejects.toThrow(RejectError);
    const busy = fetchBookSnapshot(sim, 'BUSY/USDT');
    await expect(busy).rejects.toThrow(RetryError);
    await expect(busy).rejects.toMatchObject({ afterMs: 7_000 });
    const nobody = findVenue('sim', 'spot', { simUrl: 'http://127.0.0.1:1' });
    await expect(fetchBookSnapshot(nobody, 'BTC/USDT')).rejects.toThrow(RetryError);
  });
});
