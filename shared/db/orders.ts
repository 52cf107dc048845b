import { assertMove, type OrderMove } from '../domain/order-states.ts';
import type { Fill, Order, OrderState } from '../domain/trading.ts';
import type { Queryable, Transaction } from './client.ts';

export interface OrderRow extends Order {
  /** Token of the lease under which it was last written. */
  fence: number;
}

export interface OrderWithFills extends OrderRow {
  fills: Omit<Fill, 'orderId'>[];
}

export type Intent = Pick<
  Order,
  'id' | 'clientId' | 'autopilot' | 'signalId' | 'venue' | 'symbol' | 'mode' | 'side' | 'size'
>;

/** Adds an order as an intent, under the token of its autopilot's lease. */
export async function addIntent(tx: Transaction, intent: Intent, fence: number): Promise<OrderRow> {
  const { id, clientId, autopilot, signalId, venue, symbol, mode, side, size } = intent;
  await tx`
    INSERT INTO orders (id, client_id, autopilot, signal_id, instrument_id, mode, side, size, fence)
    SELECT ${id}, ${clientId}, ${autopilot}, ${signalId}, i.id, ${mode}, ${side}, ${size}, ${fence}
    FROM instruments i WHERE i.venue = ${venue} AND i.symbol = ${symbol}`;
  return mustFind(tx, id);
}

/** What an order became; money fields are decimal strings. */
export type OrderOutcome = Pick<Order, 'filled' | 'averagePrice' | 'fee' | 'reason'> & { state: OrderState };

/**
 * Moves an order on, with the fills that moved it.
 * @throws {Error} for an illegal move, or when it has moved since
 */
export async function saveOrderOutcome(
  tx: Transaction,
  order: OrderRow,
  { state, filled, averagePrice, fee, reason }: OrderOutcome,
  fills: readonly Omit<Fill, 'orderId'>[],
  fence: number,
): Promise<OrderRow> {
  assertMove(order.state, state);
  const moved = await tx`
    UPDATE orders SET state = ${state as OrderMove<OrderState>}, filled = ${filled}, average_price = ${averagePrice},
      fee = ${fee}, reason = ${reason}, fence = ${fence}, updated_at = clock_timestamp()
    WHERE id = ${order.id} AND state = ${order.state} RETURNING id`;
  if (moved.length === 0) throw new Error(`order ${order.id} is no longer ${order.state}`);
  if (fills.length) {
    const rows = fills.map((fill) => ({ ...fill, order_id: order.id }));
    await tx`
      INSERT INTO fills (order_id, trade_id, price, size, fee, ts)
      SELECT order_id, "tradeId", price, size, fee, to_timestamp(ts / 1000.0)
      FROM jsonb_to_recordset(${tx.json(rows as never)})
        AS f(order_id uuid, "tradeId" text, price numeric, size numeric, fee numeric, ts numeric)`;
  }
  return mustFind(tx, order.id);
}

/** The order, its row locked until the transaction ends. */
export async function lockOrder(tx: Transaction, id: string): Promise<OrderRow | undefined> {
  const [row] = await tx<OrderRow[]>`${select(tx)} WHERE o.id = ${id} FOR UPDATE OF o`;
  return row;
}

/** The order that an autopilot made of a signal. */
export async function findOrderOfSignal(
  sql: Queryable,
  autopilot: string,
  signalId: number,
): Promise<OrderRow | undefined> {
  const [row] = await sql<OrderRow[]>`
    ${select(sql)} WHERE o.autopilot = ${autopilot} AND o.signal_id = ${signalId}`;
  return row;
}

/** Orders that have not come to an end, oldest first. */
export async function listOpenOrders(
  sql: Queryable,
  { autopilot, olderThanMs = 0 }: { autopilot?: string; olderThanMs?: number } = {},
): Promise<OrderRow[]> {
  return sql<OrderRow[]>`
    ${select(sql)}
    WHERE o.state NOT IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED')
      AND (${autopilot ?? null}::text IS NULL OR o.autopilot = ${autopilot ?? null})
      AND o.created_at <= clock_timestamp() - ${olderThanMs} * interval '1 millisecond'
    ORDER BY o.created_at LIMIT 500`;
}

/** Newest first, each with its fills; `before` is the id of the last row of the page before. */
export async function listOrders(
  sql: Queryable,
  {
    autopilot,
    venue,
    symbol,
    state,
    limit = 100,
    before,
  }: {
    autopilot?: string | undefined;
    venue?: string | undefined;
    symbol?: string | undefined;
    state?: OrderState | undefined;
    limit?: number | undefined;
    before?: string | undefined;
  } = {},
): Promise<OrderWithFills[]> {
  const orders = await sql<OrderRow[]>`
    ${select(sql)}
    WHERE (${autopilot ?? null}::text IS NULL OR o.autopilot = ${autopilot ?? null})
      AND (${venue ?? null}::text IS NULL OR i.venue = ${venue ?? null})
      AND (${symbol ?? null}::text IS NULL OR i.symbol = ${symbol ?? null})
      AND (${state ?? null}::text IS NULL OR o.state = ${state ?? null}::order_state)
      AND (${before ?? null}::uuid IS NULL
        OR (o.created_at, o.id) < (SELECT b.created_at, b.id FROM orders b WHERE b.id = ${before ?? null}::uuid))
    ORDER BY o.created_at DESC, o.id DESC LIMIT ${limit}`;
  const fills = await listFills(
    sql,
    orders.map((order) => order.id),
  );
  return orders.map((order) => ({
    ...order,
    fills: fills.filter((fill) => fill.orderId === order.id).map(({ orderId: _, ...fill }) => fill),
  }));
}

async function listFills(sql: Queryable, orderIds: readonly string[]): Promise<Fill[]> {
  if (orderIds.length === 0) return [];
  return sql<Fill[]>`
    SELECT order_id, trade_id, price, size, fee, ts FROM fills
    WHERE order_id = ANY(${orderIds as string[]}::uuid[]) ORDER BY order_id, length(trade_id), trade_id`;
}

async function mustFind(sql: Queryable, id: string): Promise<OrderRow> {
  const [row] = await sql<OrderRow[]>`${select(sql)} WHERE o.id = ${id}`;
  if (!row) throw new Error(`order ${id} was not written: its instrument is not in the archive`);
  return row;
}

const select = (sql: Queryable) => sql`
  SELECT o.id, o.client_id, o.autopilot, o.signal_id, i.venue, i.symbol, o.mode, o.side, o.type, o.size, o.filled,
    o.average_price, o.fee, o.state, o.reason, o.created_at, o.updated_at, o.fence
  FROM orders o JOIN instruments i ON i.id = o.instrument_id`;
