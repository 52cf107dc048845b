import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import ccxt from 'ccxt';
import { WebSocket } from 'ws';
import { createLog } from '../../shared/log.ts';
import { type RunningSim, runSim } from './run.ts';

type Json = Record<string, unknown> & { [key: string]: unknown };
let folder: string;
let sim: RunningSim;
const sockets: WebSocket[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-sim-'));
  sim = await runSim({
    host: '127.0.0.1',
    port: 0,
    symbols: ['BTC/USDT', 'ETH/USDT'],
    seed: 4,
    eventsPerSecond: 200,
    folder,
    log: createLog('test', 'fatal'),
  });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});
afterAll(async () => {
  await sim.close();
  rmSync(folder, { recursive: true });
});

/** A client that keeps every frame and can wait until they satisfy a condition. */
async function connect(path: string) {
  const socket = new WebSocket(sim.url.replace('http', 'ws') + path);
  sockets.push(socket);
  const frames: Json[] = [];
  const until = (condition: (frames: Json[]) => boolean) =>
    new Promise<Json[]>((resolve) => {
      const check = () => condition(frames) && resolve(frames);
      socket.on('message', check);
      check();
    });
  socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Json));
  await once(socket, 'open');
  return { socket, frames, until, say: (message: unknown) => socket.send(JSON.stringify(message)) };
}

const get = async (path: string) => (await fetch(sim.url + path)).json() as Promise<never>;
const refused = async (path: string) => {
  const response = await fetch(sim.url + path);
  return [response.status, await response.json()];
};
const control = (orders: Json) =>
  fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });

test('the frames of every stream have exactly the fields that Binance sends', async () => {
  const names = ['trade', 'aggTrade', 'depth@100ms', 'bookTicker', 'kline_1s'].map(
    (name) => `btcusdt@${name}`,
  );
  const { until } = await connect(`/stream?streams=${names.join('/')}`);
  const frames = await until((all) => names.every((name) => all.some(({ stream }) => stream === name)));
  const fields = names.map((name) =>
    Object.keys(frames.find(({ stream }) => stream === name)?.data as Json).join(),
  );
  expect(fields).toEqual([
    'e,E,s,t,p,q,T,m,M',
    'e,E,s,a,p,q,f,l,T,m,M',
    'e,E,s,U,u,b,a',
    'u,s,b,B,a,A',
    'e,E,s,k',
  ]);
  const kline = frames.find(({ stream }) => stream === 'btcusdt@kline_1s')?.data as { k: Json };
  expect(Object.keys(kline.k).join()).toBe('t,T,s,i,f,L,o,c,h,l,v,n,x,q,V,Q,B');
  expect(kline.k).toMatchObject({ x: true, i: '1s', o: expect.stringMatching(/^\d+\.\d{8}$/) });
  const trade = frames.find(({ stream }) => stream === 'btcusdt@trade')?.data;
  expect(trade).toMatchObject({
    p: expect.stringMatching(/^\d+\.\d{8}$/),
    q: expect.stringMatching(/^\d+\.\d{8}$/),
  });
});

test('snapshot plus stream under Binance’s rule is the venue’s own book at every update', async () => {
  const { frames, until } = await connect('/ws/ethusdt@depth@100ms/ethusdt@bookTicker');
  await until((all) => all.some(({ e }) => e === 'depthUpdate'));
  const snapshot = (await get('/api/v3/depth?symbol=ETHUSDT&limit=5000')) as {
    lastUpdateId: number;
    bids: string[][];
    asks: string[][];
  };
  const isLater = ({ e, u }: Json) => e === 'depthUpdate' && (u as number) > snapshot.lastUpdateId;
  await until((all) => all.filter(isLater).length >= 15);

  const bids = new Map(snapshot.bids.map(([price, size]) => [Number(price), size as string]));
  const asks = new Map(snapshot.asks.map(([price, size]) => [Number(price), size as string]));
  const tickers = new Map(frames.filter(({ B }) => B).map((frame) => [frame.u as number, frame]));
  let id = snapshot.lastUpdateId;
  let compared = 0;
  for (const update of frames.filter(isLater)) {
    if (id === snapshot.lastUpdateId) expect(update.U as number).toBeLessThanOrEqual(id + 1);
    else expect(update.U).toBe(id + 1);
    for (const [price, size] of update.b as string[][]) apply(bids, Number(price), size as string);
    for (const [price, size] of update.a as string[][]) apply(asks, Number(price), size as string);
    id = update.u as number;
    const ticker = tickers.get(id);
    if (!ticker) continue;
    const [bid, ask] = [Math.max(...bids.keys()), Math.min(...asks.keys())];
    expect([Number(ticker.b), ticker.B, Number(ticker.a), ticker.A]).toEqual([
      bid,
      bids.get(bid),
      ask,
      asks.get(ask),
    ]);
    compared++;
  }
  expect(compared).toBeGreaterThan(3);
});

function apply(levels: Map<number, string>, price: number, size: string) {
  if (Number(size)) levels.set(price, size);
  else levels.delete(price);
}

test('live trades, their REST history and the ledger are the same trades, ids contiguous', async () => {
  const { until } = await connect('/ws/btcusdt@trade');
  const trades = (await until((all) => all.length >= 60)).slice(0, 60);
  const first = trades[0]?.t as number;
  expect(trades.map(({ t }) => t)).toEqual(trades.map((_, i) => first + i));
  const history = (await get(`/api/v3/historicalTrades?symbol=BTCUSDT&fromId=${first}&limit=60`)) as Json[];
  expect(
    history.map(({ id, price, qty, time, isBuyerMaker }) => [id, price, qty, time, isBuyerMaker]),
  ).toEqual(trades.map(({ t, p, q, T, m }) => [t, p, q, T, m]));
  const ledger = await fetch(`${sim.url}/sim/ledger?symbol=BTCUSDT&fromId=${first}&toId=${first + 59}`);
  const lines = (await ledger.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
  expect(lines).toEqual(trades.map(({ s, t, p, q, T, m }) => ({ s, t, p, q, T, m })));
});

test('live subscribing is acknowledged, listed, undone and refused in Binance’s words', async () => {
  const { say, until } = await connect('/ws');
  say({ method: 'SUBSCRIBE', params: ['ethusdt@trade', 'nosuch@trade'], id: 1 });
  await until((all) => all.some(({ e }) => e === 'trade'));
  say({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
  say({ method: 'UNSUBSCRIBE', params: ['ethusdt@trade', 'nosuch@trade'], id: 'three' });
  say({ method: 'JUMP', id: 4 });
  const frames = await until((all) => all.some(({ id }) => id === 4));
  expect(frames.filter(({ e }) => !e)).toEqual([
    { result: null, id: 1 },
    { result: ['ethusdt@trade', 'nosuch@trade'], id: 2 },
    { result: null, id: 'three' },
    { error: { code: 2, msg: expect.stringContaining('unknown variant `JUMP`') }, id: 4 },
  ]);
});

test('broken JSON is answered and the connection lives; a flood of messages is cut', async () => {
  const { socket, say, until } = await connect('/ws');
  socket.send('{"method":');
  expect((await until((all) => all.length > 0))[0]).toMatchObject({ error: { code: 3 } });
  for (let i = 0; i < 12; i++) say({ method: 'LIST_SUBSCRIPTIONS', id: i });
  expect((await once(socket, 'close'))[0]).toBe(1008);
});

test('ccxt loads the markets and reads klines, trades and books from the base address alone', async () => {
  const exchange = new ccxt.binance({
    options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
  });
  (exchange.urls as unknown as { api: Json }).api.public = `${sim.url}/api/v3`;
  const markets = await exchange.loadMarkets();
  expect(markets['BTC/USDT']).toMatchObject({
    active: true,
    spot: true,
    precision: { price: 0.01, amount: 0.00001 },
    limits: { cost: { min: 5 } },
  });
  const candles = await exchange.fetchOHLCV('BTC/USDT', '1m', undefined, 30);
  expect(candles.length).toBe(30);
  const seconds = await exchange.fetchOHLCV('ETH/USDT', '1s', (candles[0]?.[0] ?? 0) as number, 1000);
  expect(seconds.length).toBe(1000);
  expect((await exchange.fetchTrades('BTC/USDT', undefined, 10)).length).toBe(10);
  expect((await exchange.fetchOrderBook('ETH/USDT', 20)).bids.length).toBe(20);
});

test('klines obey start, end and limit, and the last one may be open', async () => {
  const times = async (query: string) =>
    ((await get(`/api/v3/klines?symbol=BTCUSDT&${query}`)) as number[][]).map((row) => row[0] as number);
  const newest = await times('interval=1m&limit=5');
  const [second = 0, , fourth = 0] = newest.slice(1);
  expect(Date.now() - (newest[4] as number)).toBeLessThan(61_000);
  expect(await times(`interval=1m&startTime=${second}&endTime=${fourth}`)).toEqual(newest.slice(1, 4));
  expect(await times(`interval=1m&startTime=${second}&limit=2`)).toEqual(newest.slice(1, 3));
  expect(await times(`interval=1m&endTime=${fourth + 5}&limit=2`)).toEqual(newest.slice(2, 4));
  expect((await times('interval=1s&limit=5000')).length).toBe(1_000);
});

test('bad requests get Binance’s codes', async () => {
  expect(await refused('/api/v3/klines?symbol=NOSUCH&interval=1m')).toEqual([
    400,
    { code: -1121, msg: 'Invalid symbol.' },
  ]);
  expect(await refused('/api/v3/klines?symbol=BTCUSDT&interval=7m')).toEqual([
    400,
    { code: -1120, msg: 'Invalid interval.' },
  ]);
  expect(await refused('/api/v3/depth')).toMatchObject([400, { code: -1102 }]);
  expect(await refused('/api/v3/trades?symbol=BTCUSDT&limit=x')).toMatchObject([400, { code: -1100 }]);
  expect(await refused('/api/v3/__proto__')).toMatchObject([404, {}]);
});

test('faults: lost frames, silence, a full weight budget and a cut, each on request', async () => {
  const { socket, frames, until } = await connect('/ws/btcusdt@trade');
  await control({ dropTradeEvery: 5 });
  await until((all) => all.length > 40);
  await control({ dropTradeEvery: 0, stallMs: 60_000 });
  const ids = frames.map(({ t }) => t as number);
  expect(ids.some((id, i) => i > 0 && id === (ids[i - 1] as number) + 2)).toBe(true);
  const lastId = async () =>
    ((await get('/api/v3/trades?symbol=BTCUSDT&limit=1')) as Json[])[0]?.id as number;
  const [silent, before] = [frames.length, await lastId()];
  while ((await lastId()) < before + 20);
  expect(frames.length).toBe(silent);

  await control({ stallMs: 0, weightLimit: 1 });
  const busy = await fetch(`${sim.url}/api/v3/exchangeInfo`);
  expect([busy.status, Number(busy.headers.get('retry-after')) > 0]).toEqual([429, true]);
  await control({ weightLimit: 0 });

  const closed = once(socket, 'close');
  await control({ cut: true });
  await closed;
  expect((await control({ nosuch: 1 })).status).toBe(400);
});

test('a second venue on the same ledger, or on a port in use, is refused and writes nothing', async () => {
  const options = {
    host: '127.0.0.1',
    symbols: ['BTC/USDT'],
    seed: 4,
    eventsPerSecond: 40,
    log: createLog('test', 'fatal'),
  };
  await expect(runSim({ ...options, port: 0, folder, lockPatienceMs: 0 })).rejects.toThrow(
    /already running as process \d+.*MILLRACE_HOME/,
  );
  const other = mkdtempSync(join(tmpdir(), 'millrace-sim-'));
  const port = Number(new URL(sim.url).port);
  await expect(runSim({ ...options, port, folder: other })).rejects.toThrow(/port \d+ .*in use.*SIM_URL/);
  expect(readdirSync(other)).toEqual([]);
  rmSync(other, { recursive: true });
});
