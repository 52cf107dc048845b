import { type AutopilotRow, listAutopilots } from '../shared/db/autopilots.ts';
import { type Balance, listBalances } from '../shared/db/balances.ts';
import { listPositions, type PositionRow } from '../shared/db/positions.ts';
import { Decimal } from '../shared/domain/decimal.ts';
import { quoteCurrency } from '../shared/domain/symbols.ts';
import type { ApiDeps } from './deps.ts';

/** A position at the market's last price; `null` where no price is known. Decimal strings in the quote currency. */
export interface ValuedPosition extends PositionRow {
  lastPrice: string | null;
  lastPriceAt: number | null;
  value: string | null;
  unrealizedPnl: string | null;
}

/** One autopilot's paper account. `equity` is cash plus positions at last price, `null` while one has no price. */
export interface Account extends AutopilotRow {
  currency: string;
  opening: string;
  cash: string;
  equity: string | null;
  positions: ValuedPosition[];
}

/** Every account of every autopilot, valued now. */
export async function listAccounts({ sql, prices }: Pick<ApiDeps, 'sql' | 'prices'>): Promise<Account[]> {
  const [autopilots, balances, rows] = await Promise.all([
    listAutopilots(sql),
    listBalances(sql),
    listPositions(sql),
  ]);
  const positions = await Promise.all(rows.map((row) => valuePosition(prices, row)));
  return autopilots.flatMap((autopilot) =>
    balances
      .filter((balance) => balance.autopilot === autopilot.name)
      .map((balance) => toAccount(autopilot, balance, positions)),
  );
}

async function valuePosition(prices: ApiDeps['prices'], row: PositionRow): Promise<ValuedPosition> {
  const last = await prices.lastPrice(row.venue, row.symbol);
  if (!last) return { ...row, lastPrice: null, lastPriceAt: null, value: null, unrealizedPnl: null };
  const value = new Decimal(row.size).times(last.price);
  return {
    ...row,
    lastPrice: last.price,
    lastPriceAt: last.ts,
    value: value.toFixed(),
    unrealizedPnl: value.minus(row.cost).toFixed(),
  };
}

function toAccount(autopilot: AutopilotRow, balance: Balance, all: ValuedPosition[]): Account {
  const { currency, opening, amount } = balance;
  const positions = all.filter(
    (position) => position.autopilot === autopilot.name && quoteCurrency(position.symbol) === currency,
  );
  const held = positions.filter((position) => !new Decimal(position.size).eq(0));
  const equity = held.every((position) => position.value !== null)
    ? held.reduce((sum, position) => sum.plus(position.value ?? 0), new Decimal(amount)).toFixed()
    : null;
  return { ...autopilot, currency, opening, cash: amount, equity, positions };
}
