import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Sql } from '../../shared/db/client.ts';
import { canonicalDecimal, Decimal } from '../../shared/domain/decimal.ts';

/** What the archive and the books of orders came to, beside the simulated exchange's own ledger. */
export interface Verdict {
  /** Trades of the ledger between the first archived one and the end of the test. */
  ledgerTrades: number;
  /** Of these, not in the archive. */
  missing: number;
  /** Archived with another price, size, side or time than the ledger has. */
  wrong: number;
  /** Rows of the archive beyond one a trade. */
  duplicateRows: number;
  orders: number;
  /** Orders beyond one a signal and autopilot. */
  duplicateOrders: number;
  /** Whether cash and every position equal what the fills come to, to the last unit. */
  ledgerEqual: boolean;
}

/** A stretch of one symbol's trades, by id, both ends included. */
export interface Stretch {
  symbol: string;
  fromId: number;
  toId: number;
}

/** Compares each stretch of the ledger with the archive, and the orders with themselves and the balances. */
export async function judge(sql: Sql, simUrl: string, stretches: Stretch[]): Promise<Verdict> {
  const verdict: Verdict = {
    ledgerTrades: 0,
    missing: 0,
    wrong: 0,
    duplicateRows: 0,
    ...(await judgeOrders(sql)),
    ledgerEqual: await balancesEqualFills(sql),
  };
  for (const stretch of stretches) {
    const archived = await readArchive(sql, stretch);
    verdict.duplicateRows += archived.rows - archived.byId.size;
    for await (const trade of readLedger(simUrl, stretch)) {
      verdict.ledgerTrades++;
      const row = archived.byId.get(String(trade.t));
      if (row === undefined) verdict.missing++;
      else if (row !== describe(trade)) verdict.wrong++;
    }
  }
  return verdict;
}

/** How many trades of the stretches are archived: to see whether all have arrived. */
export async function countArchived(sql: Sql, stretches: Stretch[]): Promise<number> {
  let count = 0;
  for (const { symbol, fromId, toId } of stretches) {
    const [row] = await sql<{ count: number }[]>`
      SELECT count(DISTINCT trade_id) AS count FROM trades JOIN instruments ON id = instrument_id
      WHERE venue = 'sim' AND symbol = ${symbol} AND trade_id::bigint BETWEEN ${fromId} AND ${toId}`;
    count += row?.count ?? 0;
  }
  return count;
}

interface LedgerTrade {
  t: number;
  p: string;
  q: string;
  T: number;
  /** Whether the buyer was the maker, so the taker sold. */
  m: boolean;
}

async function* readLedger(simUrl: string, { symbol, fromId, toId }: Stretch): AsyncGenerator<LedgerTrade> {
  const query = new URLSearchParams({
    symbol: symbol.replace('/', ''),
    fromId: String(fromId),
    toId: String(toId),
  });
  const answer = await fetch(`${simUrl}/sim/ledger?${query}`);
  if (!answer.ok || !answer.body)
    throw new Error(`the ledger answered ${answer.status}: ${await answer.text()}`);
  for await (const line of createInterface({ input: Readable.fromWeb(answer.body as never) })) {
    if (line) yield JSON.parse(line) as LedgerTrade;
  }
}

const describe = ({ p, q, T, m }: LedgerTrade) =>
  [canonicalDecimal(p), canonicalDecimal(q), T, m ? 'sell' : 'buy'].join(' ');

async function readArchive(sql: Sql, { symbol, fromId, toId }: Stretch) {
  const byId = new Map<string, string>();
  let rows = 0;
  const query = sql<{ tradeId: string; price: string; size: string; ts: number; side: string }[]>`
    SELECT trade_id, price, size, ts, side FROM trades JOIN instruments ON id = instrument_id
    WHERE venue = 'sim' AND symbol = ${symbol} AND trade_id::bigint BETWEEN ${fromId} AND ${toId}`;
  for await (const page of query.cursor(10_000)) {
    for (const { tradeId, price, size, ts, side } of page) {
      rows++;
      byId.set(tradeId, [price, size, ts, side].join(' '));
    }
  }
  return { byId, rows };
}

async function judgeOrders(sql: Sql): Promise<{ orders: number; duplicateOrders: number }> {
  const [row] = await sql<{ orders: number; decided: number }[]>`
    SELECT count(*) AS orders, count(DISTINCT (autopilot, signal_id)) AS decided FROM orders`;
  return { orders: row?.orders ?? 0, duplicateOrders: (row?.orders ?? 0) - (row?.decided ?? 0) };
}

/** Recomputes cash and positions from the fills alone. */
async function balancesEqualFills(sql: Sql): Promise<boolean> {
  const flows = await sql<{ autopilot: string; currency: string; spent: string }[]>`
    SELECT autopilot, split_part(symbol, '/', 2) AS currency,
      sum(CASE side WHEN 'buy' THEN f.price * f.size + f.fee ELSE f.fee - f.price * f.size END) AS spent
    FROM fills f JOIN orders o ON o.id = f.order_id JOIN instruments i ON i.id = o.instrument_id GROUP BY 1, 2`;
  const balances = await sql<{ autopilot: string; currency: string; opening: string; amount: string }[]>`
    SELECT autopilot, currency, opening, amount FROM balances`;
  const cashEqual = balances.every(({ autopilot, currency, opening, amount }) => {
    const spent =
      flows.find((flow) => flow.autopilot === autopilot && flow.currency === currency)?.spent ?? '0';
    return new Decimal(opening).minus(spent).eq(amount);
  });
  const unequal = await sql`
    SELECT 1 FROM positions p FULL JOIN (
      SELECT autopilot, instrument_id, sum(CASE side WHEN 'buy' THEN f.size ELSE -f.size END) AS size
      FROM fills f JOIN orders o ON o.id = f.order_id GROUP BY 1, 2
    ) held USING (autopilot, instrument_id)
    WHERE coalesce(p.size, 0) <> coalesce(held.size, 0)`;
  return cashEqual && unequal.length === 0;
}
