import { z } from 'zod';
import type { Config } from '../../shared/config.ts';
import { intervalsOf } from '../../shared/domain/intervals.ts';
import { watchedMarkets } from '../../shared/exchanges/entries.ts';
import { TASKS } from '../../shared/tasks/catalogue.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, userOf } from '../http/route.ts';
import { submitAudited } from '../submit.ts';
import { interval, symbol, venue } from './fields.ts';

const DEFAULT_CANDLES = 2_000;

const market = { venue, symbol, interval, candles: TASKS.train_model.payload.shape.candles };

export const retrain = defineRoute({
  method: 'post',
  path: '/retrain',
  access: 'operator',
  tag: 'tasks',
  summary: 'Train a model; without fields on the first venue, its first symbol and finest interval',
  body: z.strictObject(market).partial(),
  status: 202,
  response: z.object({ taskId: z.string(), ...market }),
  async handler(input, deps) {
    const payload = withDefaults(input.body, deps.config);
    const taskId = await submitAudited(deps, userOf(input).name, 'retrain', 'train_model', payload);
    input.http.res.location(`/tasks/${taskId}`);
    return { taskId, ...payload };
  },
});

type Body = Partial<z.output<typeof TASKS.train_model.payload>>;

function withDefaults(body: Body, config: Config): z.output<typeof TASKS.train_model.payload> {
  const markets = watchedMarkets(config);
  const venue = body.venue ?? markets[0]?.venue ?? '';
  const venues = [...new Set(markets.map((market) => market.venue))];
  if (!venues.includes(venue)) throw unknown('venue', venues);
  const symbols = markets.filter((market) => market.venue === venue).map((market) => market.symbol);
  const symbol = body.symbol ?? symbols[0] ?? '';
  if (!symbols.includes(symbol)) throw unknown('symbol', symbols);
  const interval = body.interval ?? intervalsOf(venue, config.INTERVALS)[0] ?? '1m';
  return { venue, symbol, interval, candles: body.candles ?? DEFAULT_CANDLES };
}

function unknown(field: string, known: string[]): Problem {
  const message = `is not one of this cluster: ${known.join(', ')}`;
  return new Problem(400, `${field} ${message}`, { errors: [{ field, message }] });
}
