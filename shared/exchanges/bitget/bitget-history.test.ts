import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mark } from '../../domain/gap.ts';
import type { Candle, Trade } from '../../domain/market.ts';
import { fetchCandles, fetchTradesSince } from '../history.ts';
import { type RestServer, serveRest } from '../testing/rest-server.ts';
import type { Venue } from '../venue.ts';
import { createBitget } from './bitget.ts';
import { ID_EPOCH } from './bitget-rows.ts';
import type { BitgetMarket } from './bitget-symbols.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const LISTED = START + 300 * MINUTE;
/** A trade of the stream, `1478949856623706112` at 1788335044055, and two before it within the same second. */
const NEWEST = ['1478949856623706112', '1478949856501970951', '1478949856501970946'];
/** And as many as another two pages and a half, a millisecond apart. */
const IDS = [
  ...NEWEST,
  ...Array.from({ length: 2_500 }, (_, i) => String(BigInt(NEWEST[2] as string) - (BigInt(i + 1) << 22n))),
];

/** Rows as https://www.bitget.com/docs/classic has them; the contract was listed five hours after the first. */
function answer(path: string, query: URLSearchParams): unknown {
  const send = (data: unknown) => ({ code: '00000', msg: 'success', requestTime: 1_788_335_045_000, data });
  if (path.endsWith('/market/history-candles')) {
    const end = Number(query.get('endTime'));
    const opens = Array.from({ length: Number(query.get('limit')) }, (_, i) => end - (i + 1) * MINUTE);
    const listed = opens.filter((ts) => ts >= LISTED).sort((a, b) => a - b);
    return send(listed.map((ts) => [String(ts), '1.10', '1.30', '1.00', '1.20', '5.000', '6.00']));
  }
  if (!path.endsWith('/market/fills-history')) return undefined;
  const row = { symbol: query.get('symbol'), price: '1.10', size: '0.50', side: 'Sell' };
  const before = BigInt(query.get('idLessThan') ?? Number.MAX_SAFE_INTEGER * 1_000);
  const ids = IDS.filter((id) => BigInt(id) < before).slice(0, Number(query.get('limit')));
  return send(ids.map((tradeId) => ({ ...row, tradeId, ts: secondOf(tradeId) })));
}

/** Rows are cut to the second. */
const secondOf = (id: string) => `${(Number(BigInt(id) >> 22n) + ID_EPOCH).toString().slice(0, -3)}000`;

let server: RestServer;
beforeAll(async () => {
  server = await serveRest(answer);
});
afterAll(() => server.close());

function here(market: BitgetMarket): Venue {
  const venue = createBitget(market);
  return { ...venue, history: { ...venue.history, restOrigin: server.url } };
}

async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

test.each([
  ['spot', 'BTC/USDT', { symbol: 'BTCUSDT', granularity: '1min' }],
  ['futures', 'BTC/USD:BTC', { symbol: 'BTCUSD', granularity: '1m', productType: 'COIN-FUTURES' }],
] as const)(
  'Bitget’s candles of %s come whole, also from before the listing on',
  async (market, symbol, asked) => {
    const query = { symbol, interval: '1m', from: START, to: START + 700 * MINUTE } as const;
    const candles = await all<Candle>(fetchCandles({ venue: here(market), ...query }));
    expect(candles.map(({ ts }) => (ts - START) / MINUTE)).toEqual(
      Array.from({ length: 400 }, (_, i) => 300 + i),
    );
    expect(candles[0]).toMatchObject({ venue: 'bitget', open: '1.1', volume: '5', closed: true });
    expect(Object.fromEntries(server.requests.at(-1)?.searchParams ?? [])).toMatchObject(asked);
  },
);

test('days of futures are asked for in stretches that the venue answers whole', () => {
  const { params } = here('futures').history.candles.call({
    ...{ symbol: 'BTC/USDT:USDT', interval: '1d', from: START, to: START + 400 * 86_400_000 },
  });
  expect(params).toMatchObject({ granularity: '1Dutc', endTime: START + 89 * 86_400_000 });
});

describe('Bitget’s trades since a known one', () => {
  const since = async (from: Mark) => {
    const pages: Trade[][] = [];
    for await (const page of fetchTradesSince({ venue: here('spot'), symbol: 'BTC/USDT', from }))
      pages.push(page);
    return pages;
  };

  test('have the millisecond that the stream gave them', async () => {
    const [page = []] = await since({ id: NEWEST[2] as string, ts: 1_788_335_044_026 });
    expect(page.slice(-3).map(({ id, ts }) => [id, ts])).toEqual([
      ['1478949856501970946', 1_788_335_044_026],
      ['1478949856501970951', 1_788_335_044_026],
      ['1478949856623706112', 1_788_335_044_055],
    ]);
    expect(page[0]).toMatchObject({ side: 'sell', price: '1.1', size: '0.5' });
  });

  test.each([
    ['no further than the page that has it', 1_500, [1_000, 1_000]],
    ['to the oldest that the venue has', 9_999, [503, 1_000, 1_000]],
  ])('are paged backwards, %s, and come oldest first', async (_, known, lengths) => {
    const pages = await since({ id: IDS[known] ?? 'unheard-of', ts: 1_788_335_044_026 - known });
    expect(pages.map((page) => page.length)).toEqual(lengths);
    expect(pages.flat().map(({ id }) => id)).toEqual(IDS.slice(0, pages.flat().length).reverse());
  });
});

test('a trade whose id tells another second keeps the time of its row', () => {
  const row = { tradeId: '1111111111', price: '1', size: '1', side: 'buy', ts: '1695716760000' };
  const { trades } = here('spot').history;
  const read = trades.read({ data: [row] }, { symbol: 'BTC/USDT', fromId: '1' }, 1_790_000_000_000);
  expect(read).toMatchObject([{ ts: 1_695_716_760_000 }]);
});
