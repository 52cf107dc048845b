import { z } from 'zod';
import { DAY_MS, now } from '../../shared/clock.ts';
import { listCoverage } from '../../shared/db/coverage.ts';
import { day } from '../../shared/tasks/define.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute } from '../http/route.ts';
import { symbol, venue } from './fields.ts';

const DAYS = 14;
const MOST_DAYS = 366;

const coverageRow = z
  .object({
    venue: z.string(),
    symbol: z.string(),
    day: z.string(),
    share: z
      .number()
      .nullable()
      .meta({ description: 'share of the record that is known to be complete; null: not recorded' }),
    recordedMs: z.number().meta({ description: 'how much of the day is on record' }),
    unknownMs: z.number().meta({ description: 'of that, the time in which trades may be missing' }),
    trades: z.int(),
    open: z.int().meta({ description: 'gaps that begin on this day and are open' }),
    unfillable: z.int(),
    closed: z.int(),
    missing: z.int().meta({ description: 'trades that these gaps missed, where that is known' }),
    filled: z.int().meta({ description: 'trades that were fetched for them' }),
  })
  .meta({ id: 'Coverage' });

export const coverage = defineRoute({
  method: 'get',
  path: '/coverage',
  access: 'viewer',
  tag: 'market',
  summary: 'By venue, symbol and UTC day: what share of the record of trades is known to be complete',
  query: z.strictObject({
    venue: venue.optional(),
    symbol: symbol.optional(),
    from: day.optional(),
    to: day.optional(),
  }),
  response: z.array(coverageRow),
  async handler({ query }, { sql }) {
    const to = query.to ? Date.parse(query.to) : now() - (now() % DAY_MS);
    const from = query.from ? Date.parse(query.from) : to - (DAYS - 1) * DAY_MS;
    if (from > to) throw new Problem(400, 'from: must not be later than to');
    if (to - from >= MOST_DAYS * DAY_MS) throw new Problem(400, `from: at most ${MOST_DAYS} days at once`);
    const { venue, symbol } = query;
    return listCoverage(sql, { venue, symbol, from, to }, now());
  },
});
