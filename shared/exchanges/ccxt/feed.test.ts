import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type RunningSim, runSim } from '../../../ops/sim/run.ts';
import { sleep } from '../../clock.ts';
import { canonicalDecimal } from '../../domain/decimal.ts';
import type { Candle, MarketEvent, Quote, Trade } from '../../domain/market.ts';
import { UserError } from '../../errors.ts';
import { createLog } from '../../log.ts';
import { readEntry } from '../entries.ts';
import type { FeedStatus } from '../feed/feed.ts';
import { fetchCandles, fetchTrades } from '../history.ts';
import { subscriptionsOf } from '../subscriptions.ts';
import { type CcxtVenue, listCcxtIds, loadCcxtVenue } from './exchange.ts';
import { CcxtFeed } from './feed.ts';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT'];
let home: string;
let sim: RunningSim;
const feeds: CcxtFeed[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'millrace-ccxt-'));
  sim = await runSim({
    ...{ host: '127.0.0.1', port: 0, symbols: SYMBOLS, seed: 7, eventsPerSecond: 400 },
    ...{ folder: join(home, 'sim'), historyMs: 120_000, log: createLog('test', 'fatal') },
  });
});
afterEach(async () => {
  await Promise.all(feeds.splice(0).map((feed) => feed.close()));
});
afterAll(async () => {
  await sim.close();
  rmSync(home, { recursive: true });
});

/** ccxt's own class of an exchange, which speaks with the simulated one over real sockets, in its own dialect. */
const atSim = (name: string): Promise<CcxtVenue> =>
  loadCcxtVenue(readEntry(name), { rehearsal: true, simUrl: sim.url });

interface Seen {
  feed: CcxtFeed;
  events: MarketEvent[];
  statuses: FeedStatus[];
}

async function follow(
  options: { symbols?: string[]; freshMs?: number; silenceMs?: number } = {},
): Promise<Seen> {
  const { symbols = SYMBOLS, freshMs, silenceMs = 60_000 } = options;
  const loaded = await atSim('ccxt:binance');
  const venue = { ...loaded, limits: { ...loaded.limits, silenceMs } };
  const events: MarketEvent[] = [];
  const statuses: FeedStatus[] = [];
  const feed = new CcxtFeed({
    venue,
    subscriptions: subscriptionsOf(venue, symbols, ['1s']),
    onEvents: (some) => events.push(...some),
    onStatus: (status) => statuses.push(status),
    ...(freshMs !== undefined && { freshMs }),
  });
  feeds.push(feed);
  feed.start();
  return { feed, events, statuses };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
}

const control = (orders: object) =>
  fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });

const of = <T extends MarketEvent>(events: readonly MarketEvent[], type: T['type'], symbol: string): T[] =>
  events.filter((event): event is T => event.type === type && event.symbol === symbol);

const tradesOf = ({ events }: Seen, symbol: string) => of<Trade>(events, 'trade', symbol);

/** The simulated exchange's own word on its trades, as events have it. */
async function ledgerOf(symbol: string): Promise<Map<string, Partial<Trade>>> {
  const url = `${sim.url}/sim/ledger?symbol=${symbol.replace('/', '')}`;
  const lines = (await (await fetch(url)).text()).trim().split('\n');
  return new Map(
    lines.map((line) => {
      const { t, p, q, T, m } = JSON.parse(line);
      const [price, size] = [canonicalDecimal(p), canonicalDecimal(q)] as [string, string];
      return [String(t), { id: String(t), price, size, side: m ? 'sell' : 'buy', ts: T }];
    }),
  );
}

test('ccxt’s streams come out as the events that every feed gives', async () => {
  const seen = await follow();
  await until(
    () =>
      SYMBOLS.every(
        (symbol) => tradesOf(seen, symbol).length > 40 && seen.feed.book(symbol)?.state === 'live',
      ),
    'trades and books of both symbols came',
  );
  await until(
    () => of<Candle>(seen.events, 'candle', 'BTC/USDT').some(({ closed }) => closed),
    'a candle closed',
  );
  await until(() => of<Quote>(seen.events, 'quote', 'ETH/USDT').length > 0, 'a quote came');
  expect(seen.feed.status).toMatchObject({
    venue: 'ccxt:binance',
    market: 'spot',
    state: 'live',
    badFrames: 0,
  });
});

test('every trade comes once, with the digits of the exchange, through a cut of all sockets', async () => {
  const seen = await follow({ symbols: ['BTC/USDT'] });
  const trades = () => tradesOf(seen, 'BTC/USDT');
  await until(() => trades().length > 30, 'trades came');
  await control({ cut: true });
  await until(() => seen.feed.status.reconnects > 0, 'the cut was noticed');
  const before = trades().length;
  await until(() => trades().length > before + 30 && seen.feed.status.state === 'live', 'it goes on');

  const told = trades().map(({ id, price, size, side, ts }) => ({ id, price, size, side, ts }));
  const ledger = await ledgerOf('BTC/USDT');
  expect(told).toEqual(told.map(({ id }) => ledger.get(id)));
  expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  expect(seen.statuses.map(({ state }) => state)).toContain('down');
});

test('a book is the exchange’s own, and stale from a cut until the next whole book', async () => {
  const seen = await follow({ symbols: ['BTC/USDT'] });
  const book = () => seen.feed.book('BTC/USDT');
  await until(() => book()?.state === 'live', 'the book is live');
  const { bids = [], asks = [] } = book()?.top(5) ?? {};
  expect(bids).toHaveLength(5);
  expect(Number(bids[0]?.[0])).toBeLessThan(Number(asks[0]?.[0]));
  await control({ cut: true });
  await until(() => book()?.state === 'stale', 'the book is stale');
  await until(() => book()?.state === 'live', 'the book is live again');
});

test('a book that stands still is stale, and a silent exchange is down and connected anew', async () => {
  const seen = await follow({ symbols: ['BTC/USDT'], freshMs: 300, silenceMs: 2_500 });
  const book = () => seen.feed.book('BTC/USDT');
  await until(() => book()?.state === 'live', 'the book is live');
  await control({ stallMs: 3_000 });
  await until(() => book()?.state === 'stale', 'the book is stale');
  expect(seen.feed.status.state).toBe('live');
  await until(() => seen.feed.status.state === 'down', 'the silence was noticed');
  await until(() => seen.feed.status.state === 'live' && book()?.state === 'live', 'all is live again');
});

test('what the exchange refuses is said, and the others go on', async () => {
  const seen = await follow({ symbols: ['BTC/USDT', 'NOSUCH/USDT'] });
  await until(() => tradesOf(seen, 'BTC/USDT').length > 10, 'the other symbol is traded');
  await until(() => seen.feed.status.state === 'live', 'the feed is live');
  expect(seen.feed.status.reason).toMatch(/refused .* of NOSUCH\/USDT: binance does not have market symbol/);
});

test('a symbol can be given up and taken up again without a word from the others', async () => {
  const seen = await follow();
  const [given, kept] = ['ETH/USDT', 'BTC/USDT'] as const;
  await until(() => tradesOf(seen, given).length > 10, 'both are traded');
  seen.feed.leave(given);
  expect(seen.feed.book(given)?.state).not.toBe('live');
  const [before, others] = [tradesOf(seen, given).length, tradesOf(seen, kept).length];
  await until(() => tradesOf(seen, kept).length > others + 50, 'the other goes on');
  expect(tradesOf(seen, given)).toHaveLength(before);
  seen.feed.join(given);
  await until(() => tradesOf(seen, given).length > before + 10, 'it is back');
  await until(() => seen.feed.book(given)?.state === 'live', 'and its book with it');
  expect(seen.feed.status.reconnects).toBe(0);
});

test('history comes over ccxt’s unified calls, as the simulated exchange has it', async () => {
  const venue = await atSim('ccxt:binance');
  const to = Math.floor(Date.now() / 60_000) * 60_000;
  const candles: Candle[] = [];
  for await (const page of fetchCandles({
    venue,
    symbol: 'BTC/USDT',
    interval: '1m',
    from: to - 120_000,
    to,
  }))
    candles.push(...page);
  expect(candles.map(({ ts, closed }) => [ts, closed])).toEqual([
    [to - 120_000, true],
    [to - 60_000, true],
  ]);

  const ledger = await ledgerOf('ETH/USDT');
  const [first = '', ...rest] = [...ledger.keys()].slice(-300);
  const trades: Trade[] = [];
  const fromTs = ledger.get(first)?.ts ?? 0;
  const toId = rest.at(-1) ?? first;
  for await (const page of fetchTrades({ venue, symbol: 'ETH/USDT', fromId: first, fromTs, toId }))
    trades.push(...page);
  expect(trades.map(({ id }) => id)).toEqual([first, ...rest]);
});

test('an exchange or a market that ccxt does not stream is refused with what comes nearest', async () => {
  await expect(loadCcxtVenue(readEntry('ccxt:binanc'))).rejects.toThrow(UserError);
  await expect(loadCcxtVenue(readEntry('ccxt:binanc'))).rejects.toThrow(/did you mean ccxt:binance/);
  await expect(loadCcxtVenue(readEntry('ccxt:bitstamp:future'))).rejects.toThrow(/has no future market/);
  await expect(loadCcxtVenue(readEntry('ccxt:htx'), { rehearsal: true, simUrl: sim.url })).rejects.toThrow(
    /REHEARSAL=on: the simulated exchange does not speak for "ccxt:htx": of ccxt.s it speaks for ccxt:binance, /,
  );
  expect((await listCcxtIds()).length).toBeGreaterThan(60);
});
