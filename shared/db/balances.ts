import type { Queryable, Transaction } from './client.ts';

/** Cash of a paper account; `amount` and `opening` are decimal strings. */
export interface Balance {
  autopilot: string;
  currency: string;
  opening: string;
  amount: string;
}

/** Opens an account; one that is open keeps what it has. */
export async function addBalance(
  sql: Queryable,
  { autopilot, currency, opening }: Omit<Balance, 'amount'>,
): Promise<void> {
  await sql`
    INSERT INTO balances (autopilot, currency, opening, amount)
    VALUES (${autopilot}, ${currency}, ${opening}, ${opening}) ON CONFLICT DO NOTHING`;
}

/** The cash, its row locked until the transaction ends: decisions and fills of one account follow one another. */
export async function lockBalance(
  tx: Transaction,
  autopilot: string,
  currency: string,
): Promise<string | undefined> {
  const [row] = await tx<{ amount: string }[]>`
    SELECT amount FROM balances WHERE autopilot = ${autopilot} AND currency = ${currency} FOR UPDATE`;
  return row?.amount;
}

export async function saveBalance(
  tx: Transaction,
  autopilot: string,
  currency: string,
  amount: string,
): Promise<void> {
  await tx`UPDATE balances SET amount = ${amount} WHERE autopilot = ${autopilot} AND currency = ${currency}`;
}

export async function listBalances(sql: Queryable): Promise<Balance[]> {
  return sql<Balance[]>`
    SELECT autopilot, currency, trim_scale(opening)::text AS opening, trim_scale(amount)::text AS amount
    FROM balances ORDER BY autopilot, currency`;
}
