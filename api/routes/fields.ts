import { z } from 'zod';
import { ROLES } from '../../shared/db/users.ts';
import { INTERVALS, type Interval } from '../../shared/domain/market.ts';

/** Fields that many routes take or give. */
export { symbol, venue } from '../../shared/tasks/define.ts';

export const interval = z.enum(Object.keys(INTERVALS) as [Interval, ...Interval[]]);
export const ms = z.int().meta({ description: 'UTC milliseconds' });
export const decimal = z.string().meta({ description: 'an exact decimal number', example: '61684.25' });
export const side = z.enum(['buy', 'sell']);
export const role = z.enum(ROLES);

/** `?limit=`: how many rows at most. */
export const limit = (fallback: number, max = 1_000) =>
  z.coerce
    .number({ error: `must be a whole number from 1 to ${max}` })
    .int()
    .min(1)
    .max(max)
    .default(fallback);

/** A time in a query: UTC milliseconds. */
export const queryTime = z.coerce
  .number({ error: 'must be UTC milliseconds' })
  .int()
  .min(0)
  .max(4_102_444_800_000);

/** A row id in a path. */
export const rowId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a positive whole number')
  .transform(Number)
  .meta({ override: { type: 'string' } });
