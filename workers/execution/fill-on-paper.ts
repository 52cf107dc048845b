import { now } from '../../shared/clock.ts';
import type { Autopilot } from '../../shared/db/autopilots.ts';
import { lockBalance, saveBalance } from '../../shared/db/balances.ts';
import type { Transaction } from '../../shared/db/client.ts';
import { type HeldLease, withLease } from '../../shared/db/leases.ts';
import { lockOrder, type OrderOutcome, type OrderRow, saveOrderOutcome } from '../../shared/db/orders.ts';
import { findHolding, saveHolding } from '../../shared/db/positions.ts';
import type { SignalRow } from '../../shared/db/signals.ts';
import { type Walk, walkBook } from '../../shared/domain/book-walk.ts';
import { isFresh } from '../../shared/domain/freshness.ts';
import { isFinal } from '../../shared/domain/order-states.ts';
import { applyCash, applyTrade, averagePrice, FLAT } from '../../shared/domain/position.ts';
import { quoteCurrency } from '../../shared/domain/symbols.ts';
import { RetryError } from '../../shared/errors.ts';
import type { TaskContext } from '../context.ts';
import { BOOK_PATIENCE_MS, type Book, readLiveBook, takenSide } from './live-book.ts';

/**
 * Brings an intent to its end: fills it against the live book, or lets it expire when the market has moved on.
 *
 * Fills, order, position and cash change in one transaction under the lease; an order that is at its end already is
 * returned as it is, so that a second run, or another process after a crash, does no harm.
 * @throws {RetryError} while the book is not live
 * @throws {FencedError} when the lease is lost
 */
export async function fillOnPaper(
  context: TaskContext,
  autopilot: Autopilot,
  signal: SignalRow,
  intent: OrderRow,
  lease: HeldLease,
): Promise<OrderRow> {
  const time = now();
  const fresh = isFresh(signal.ts, signal.interval, time);
  const book = fresh ? await readLiveBook(context, intent) : undefined;
  if (fresh && !book && time - intent.createdAt < BOOK_PATIENCE_MS)
    throw new RetryError(`the book of ${intent.symbol} is not live`, { afterMs: 500 });

  lease.check();
  return withLease(context.sql, lease, async (tx) => {
    const cash = await lockBalance(tx, autopilot.name, quoteCurrency(intent.symbol));
    const order = await lockOrder(tx, intent.id);
    if (!order || cash === undefined) throw new Error(`order ${intent.id} has no account or is gone`);
    if (isFinal(order.state)) return order;
    if (book) return fill(tx, { autopilot, order, book, cash, time, fence: lease.token });
    const reason = fresh
      ? `no live book within ${BOOK_PATIENCE_MS / 1_000} s`
      : 'left behind until its signal was stale';
    return saveOrderOutcome(tx, order, { ...UNFILLED, state: 'EXPIRED', reason }, [], lease.token);
  });
}

const UNFILLED = { filled: '0', averagePrice: null, fee: '0' };

interface Case {
  autopilot: Autopilot;
  order: OrderRow;
  book: Book;
  cash: string;
  time: number;
  fence: number;
}

async function fill(tx: Transaction, { autopilot, order, book, cash, time, fence }: Case): Promise<OrderRow> {
  const { side, size, symbol } = order;
  const walk = walkBook(takenSide(book, side), size, {
    feeRate: autopilot.fee,
    ...(side === 'buy' && { cash }),
  });
  if (walk.takes.length > 0) {
    const done = { size: walk.filled, notional: walk.notional, fee: walk.fee };
    const holding = applyTrade((await findHolding(tx, order)) ?? FLAT, side, done);
    await saveHolding(tx, order, holding);
    await saveBalance(tx, autopilot.name, quoteCurrency(symbol), applyCash(cash, side, done));
  }
  const fills = walk.takes.map((take, n) => ({ tradeId: String(n + 1), ts: time, ...take }));
  return saveOrderOutcome(tx, order, outcomeOf(size, walk), fills, fence);
}

/** A market order rests nowhere: what the book or the cash could not give is cancelled, and the reason says so. */
function outcomeOf(size: string, walk: Walk): OrderOutcome {
  const { filled, notional, fee, short } = walk;
  if (walk.takes.length === 0) return { ...UNFILLED, state: 'CANCELLED', reason: SHORT[short ?? 'book'] };
  const price = averagePrice({ size: filled, cost: notional });
  const done = { filled, averagePrice: price, fee };
  if (!short) return { ...done, state: 'FILLED', reason: null };
  const reason = `filled ${filled} of ${size}, the rest is cancelled: ${SHORT[short]}`;
  return { ...done, state: 'CANCELLED', reason };
}

const SHORT = { book: 'the book had no more to give', cash: 'the cash was used up' };
