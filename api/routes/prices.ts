import { z } from 'zod';
import { watchedMarkets } from '../../shared/exchanges/entries.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, ms, side, symbol, venue } from './fields.ts';

export const prices = defineRoute({
  method: 'get',
  path: '/prices',
  access: 'viewer',
  tag: 'market',
  summary: 'Last price and top of book of every symbol that is watched',
  query: z.strictObject({ venue: venue.optional(), symbol: symbol.optional() }),
  response: z.array(
    z
      .object({
        venue: z.string(),
        symbol: z.string(),
        last: z.object({ price: decimal, side, ts: ms, receivedAt: ms }).nullable(),
        top: z.object({ bid: decimal, bidSize: decimal, ask: decimal, askSize: decimal, ts: ms }).nullable(),
      })
      .meta({ id: 'Price' }),
  ),
  handler({ query }, { config, prices }) {
    const markets = watchedMarkets(config).filter(
      ({ venue, symbol }) => venue === (query.venue ?? venue) && symbol === (query.symbol ?? symbol),
    );
    return Promise.all(
      markets.map(async ({ venue, symbol }) => {
        const [last, top] = await Promise.all([
          prices.lastPrice(venue, symbol),
          prices.topOfBook(venue, symbol),
        ]);
        return { venue, symbol, last: last ?? null, top: top ?? null };
      }),
    );
  },
});
