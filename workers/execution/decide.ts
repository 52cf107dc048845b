import { createHash, randomUUID } from 'node:crypto';
import { now } from '../../shared/clock.ts';
import { type Autopilot, takeDailyTrade } from '../../shared/db/autopilots.ts';
import { lockBalance } from '../../shared/db/balances.ts';
import type { Transaction } from '../../shared/db/client.ts';
import { addDecision, findDecision, findLaterDecision } from '../../shared/db/decisions.ts';
import { type HeldLease, withLease } from '../../shared/db/leases.ts';
import { addIntent, listOpenOrders, type OrderRow } from '../../shared/db/orders.ts';
import { findHolding } from '../../shared/db/positions.ts';
import type { SignalRow } from '../../shared/db/signals.ts';
import { isFresh } from '../../shared/domain/freshness.ts';
import { kindOf, quoteCurrency } from '../../shared/domain/symbols.ts';
import { RetryError } from '../../shared/errors.ts';
import type { TaskContext } from '../context.ts';
import { BOOK_PATIENCE_MS, type Book, readLiveBook } from './live-book.ts';
import { propose } from './propose.ts';

/**
 * Decides once on a signal: skips it with a reason, or commits an order as an intent, with the day's count and the
 * decision in the same transaction, under the lease. Returns the intent. A signal that comes after a later one of its
 * symbol is skipped: the position stays where the newest signal wants it.
 * @throws {RetryError} while the book is not live, or an earlier order of the symbol is not at its end
 * @throws {FencedError} when the lease is lost
 */
export async function decide(
  context: TaskContext,
  autopilot: Autopilot,
  signal: SignalRow,
  lease: HeldLease,
): Promise<OrderRow | undefined> {
  const time = now();
  const fresh = isFresh(signal.ts, signal.interval, time);
  const book = fresh ? await readLiveBook(context, signal) : undefined;
  if (fresh && !book && time - signal.createdAt < BOOK_PATIENCE_MS)
    throw new RetryError(`the book of ${signal.symbol} is not live`, { afterMs: 1_000 });

  lease.check();
  return withLease(context.sql, lease, async (tx) => {
    const currency = quoteCurrency(signal.symbol);
    const cash = await lockBalance(tx, autopilot.name, currency);
    if (await findDecision(tx, autopilot.name, signal.id)) return undefined;
    const skip = (reason: string) =>
      addDecision(tx, { autopilot: autopilot.name, signalId: signal.id, outcome: 'skipped', reason });
    if (!fresh) await skip(`stale: the candle closed ${Math.round((time - signal.ts) / 1_000)} s ago`);
    else if (!book) await skip(`no live book within ${BOOK_PATIENCE_MS / 1_000} s`);
    else if (kindOf(signal.symbol) !== 'spot') await skip('the paper account holds coins, no contracts');
    else if (cash === undefined) await skip(`no account in ${currency}`);
    else if (await findLaterDecision(tx, autopilot.name, signal))
      await skip(`a later signal of ${signal.symbol} was decided on before it`);
    else return order(tx, { autopilot, signal, lease, cash, book, skip });
    return undefined;
  });
}

interface Case {
  autopilot: Autopilot;
  signal: SignalRow;
  lease: HeldLease;
  cash: string;
  book: Book;
  skip(reason: string): Promise<unknown>;
}

async function order(
  tx: Transaction,
  { autopilot, signal, lease, cash, book, skip }: Case,
): Promise<OrderRow | undefined> {
  const { venue, symbol, side } = signal;
  const open = await listOpenOrders(tx, { autopilot: autopilot.name });
  if (open.some((each) => each.venue === venue && each.symbol === symbol))
    throw new RetryError(`an earlier order of ${symbol} is not at its end`, { afterMs: 500 });
  const holding = await findHolding(tx, { autopilot: autopilot.name, venue, symbol });
  const proposal = propose(side, autopilot, { cash, held: holding?.size ?? '0', book });
  if ('skip' in proposal) {
    await skip(proposal.skip);
    return undefined;
  }
  if (!(await takeDailyTrade(tx, autopilot.name, autopilot.dailyTradeLimit))) {
    await skip(`the day's limit of ${autopilot.dailyTradeLimit} trades is reached`);
    return undefined;
  }
  const id = randomUUID();
  await addDecision(tx, {
    autopilot: autopilot.name,
    signalId: signal.id,
    outcome: 'ordered',
    reason: proposal.reason,
  });
  return addIntent(
    tx,
    {
      id,
      clientId: clientIdOf(id),
      autopilot: autopilot.name,
      signalId: signal.id,
      ...{ venue, symbol, side, mode: 'paper', size: proposal.size },
    },
    lease.token,
  );
}

/** 32 hexadecimal digits derived from the intent, within every venue's limits: whoever resumes it finds the same. */
const clientIdOf = (intentId: string): string =>
  createHash('sha256').update(intentId).digest('hex').slice(0, 32);
