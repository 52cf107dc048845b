import { z } from 'zod';
import { intervalsOf } from '../../shared/domain/intervals.ts';
import { venuesOf, watchedMarkets } from '../../shared/exchanges/entries.ts';
import { defineRoute, userOf } from '../http/route.ts';
import { interval, ms, role } from './fields.ts';

export const me = defineRoute({
  method: 'get',
  path: '/me',
  access: 'viewer',
  tag: 'session',
  summary: 'Who is logged in, until when, and which markets this cluster watches',
  response: z.object({
    name: z.string(),
    role,
    sessionEndsAt: ms,
    /** Of `SUPPORTED_EXCHANGES`. */
    entries: z.array(z.string()),
    venues: z.array(z.string()),
    /** Every venue is the simulated exchange under another name. */
    rehearsal: z.boolean(),
    markets: z.array(z.object({ venue: z.string(), symbol: z.string() })),
    intervals: z.array(z.object({ venue: z.string(), intervals: z.array(interval) })),
  }),
  async handler(input, { config }) {
    const { name, role } = userOf(input);
    const venues = venuesOf(config.SUPPORTED_EXCHANGES);
    return {
      name,
      role,
      sessionEndsAt: input.session?.expiresAt ?? 0,
      entries: config.SUPPORTED_EXCHANGES,
      venues,
      rehearsal: config.REHEARSAL === 'on',
      markets: watchedMarkets(config),
      intervals: venues.map((venue) => ({ venue, intervals: intervalsOf(venue, config.INTERVALS) })),
    };
  },
});
