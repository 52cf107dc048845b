import { type Autopilot, listFollowers } from '../../shared/db/autopilots.ts';
import { findDecision } from '../../shared/db/decisions.ts';
import type { HeldLease } from '../../shared/db/leases.ts';
import { findOrderOfSignal, type OrderRow } from '../../shared/db/orders.ts';
import { findSignal, type SignalRow } from '../../shared/db/signals.ts';
import { isFinal } from '../../shared/domain/order-states.ts';
import { RejectError, RetryError } from '../../shared/errors.ts';
import { publishLive } from '../../shared/queue/live.ts';
import type { Handler, TaskContext } from '../context.ts';
import { leaseKey } from './autopilots.ts';
import { decide } from './decide.ts';
import { fillOnPaper } from './fill-on-paper.ts';

/**
 * Lets every autopilot that follows the signal's venue, interval and strategy decide on it once, and brings the order
 * that comes of it to its end. An intent that a crash left behind is taken up again, never doubled.
 * @throws {RetryError} when one of them could not end now; what is done stays done
 */
export const executeSignal: Handler<'execute_signal'> = async ({ signalId }, context) => {
  const signal = await findSignal(context.sql, signalId);
  if (!signal) throw new RejectError(`there is no signal ${signalId}`, 'signalId');
  const errors: unknown[] = [];
  const orders: (OrderRow | undefined)[] = [];
  for (const autopilot of await listFollowers(context.sql, signal)) {
    try {
      orders.push(await follow(context, autopilot, signal));
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length) throw errors[0];
  return { orders: orders.filter(Boolean).length };
};

async function follow(
  context: TaskContext,
  autopilot: Autopilot,
  signal: SignalRow,
): Promise<OrderRow | undefined> {
  const decision = await findDecision(context.sql, autopilot.name, signal.id);
  if (decision?.outcome === 'skipped') return undefined;
  if (!decision && !(autopilot.enabled && signal.live)) return undefined;

  const made = decision ? await findOrderOfSignal(context.sql, autopilot.name, signal.id) : undefined;
  if (made && isFinal(made.state)) return made;
  const lease = heldLease(context, autopilot);
  const intent = made ?? (await decide(context, autopilot, signal, lease));
  if (!intent) return undefined;
  if (!made) await tell(context, intent);
  const order = await fillOnPaper(context, autopilot, signal, intent, lease);
  await tell(context, order);
  return order;
}

function heldLease(context: TaskContext, { name }: Autopilot): HeldLease {
  const lease = context.leases.get(leaseKey(name));
  if (!lease) throw new RetryError(`${name} is not flown by this process`, { afterMs: 500 });
  return lease;
}

async function tell({ metrics, redis, config }: TaskContext, order: OrderRow): Promise<void> {
  metrics.orders.inc({ state: order.state });
  await publishLive(redis, config.NAMESPACE, [{ type: 'order', order }]);
}
