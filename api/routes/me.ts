import { z } from 'zod';
import { intervalsOf } from '../../shared/domain/intervals.ts';
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
    venues: z.array(z.string()),
    symbols: z.array(z.string()),
    intervals: z.array(z.object({ venue: z.string(), intervals: z.array(interval) })),
  }),
  async handler(input, { config }) {
    const { name, role } = userOf(input);
    const venues = config.SUPPORTED_EXCHANGES;
    return {
      name,
      role,
      sessionEndsAt: input.session?.expiresAt ?? 0,
      venues,
      symbols: config.SYMBOLS,
      intervals: venues.map((venue) => ({ venue, intervals: intervalsOf(venue, config.INTERVALS) })),
    };
  },
});
