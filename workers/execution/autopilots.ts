import { hostname } from 'node:os';
import type { Config } from '../../shared/config.ts';
import {
  type Autopilot,
  disableAutopilots,
  listAutopilots,
  saveAutopilot,
} from '../../shared/db/autopilots.ts';
import { addBalance } from '../../shared/db/balances.ts';
import type { Sql } from '../../shared/db/client.ts';
import { intervalsOf } from '../../shared/domain/intervals.ts';
import { kindOf, quoteCurrency } from '../../shared/domain/symbols.ts';
import { venuesOf, watchedMarkets } from '../../shared/exchanges/entries.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import type { PoolDeps } from '../context.ts';
import { keepLease } from './keep-lease.ts';

export const leaseKey = (autopilot: string) => `autopilot:${autopilot}`;

/**
 * Brings the autopilots of the settings up to date and contends for each one's lease until the process drains: one
 * process of the cluster flies an autopilot. One that is off (`AUTOPILOT=off`, or a venue that is no longer supported)
 * decides on nothing new; its lease is kept all the same, so that an order that was left behind comes to an end.
 */
export async function startAutopilots(deps: PoolDeps, releasers: Releasers): Promise<void> {
  const autopilots = configuredAutopilots(deps.config);
  await saveAutopilots(deps.sql, deps.config, autopilots);
  const holder = `${hostname()}:${process.pid}`;
  for (const { name } of await listAutopilots(deps.sql)) {
    const keeper = keepLease(
      { ...deps, onChange: (key, token) => deps.metrics.leaseToken.set({ key }, token) },
      leaseKey(name),
      holder,
    );
    releasers.push(`lease of ${name}`, () => keeper.stop());
  }
}

/** One paper autopilot a venue, on the finest interval that is recorded there. */
export function configuredAutopilots(config: Config): Autopilot[] {
  return venuesOf(config.SUPPORTED_EXCHANGES).map((venue) => {
    const [finest = '1m'] = intervalsOf(venue, config.INTERVALS);
    return {
      name: `paper-${venue}`,
      enabled: config.AUTOPILOT === 'on',
      venue,
      interval: finest,
      strategy: 'sma-cross',
      orderFraction: config.ORDER_FRACTION,
      fee: config.PAPER_FEE,
      dailyTradeLimit: config.DAILY_TRADE_LIMIT,
    };
  });
}

/** Settings follow the configuration; an account that is open keeps its cash. */
export async function saveAutopilots(sql: Sql, config: Config, autopilots: Autopilot[]): Promise<void> {
  const markets = watchedMarkets(config).filter(({ symbol }) => kindOf(symbol) === 'spot');
  await sql.begin(async (tx) => {
    await disableAutopilots(tx, { exceptVenues: venuesOf(config.SUPPORTED_EXCHANGES) });
    for (const autopilot of autopilots) {
      await saveAutopilot(tx, autopilot);
      const symbols = markets.filter(({ venue }) => venue === autopilot.venue).map(({ symbol }) => symbol);
      for (const currency of new Set(symbols.map(quoteCurrency)))
        await addBalance(tx, { autopilot: autopilot.name, currency, opening: config.PAPER_CASH });
    }
  });
}
