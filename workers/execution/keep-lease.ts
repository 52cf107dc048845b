import { monotonic, sleep } from '../../shared/clock.ts';
import type { Sql } from '../../shared/db/client.ts';
import {
  acquireLease,
  type HeldLease,
  type Lease,
  releaseLease,
  renewLease,
} from '../../shared/db/leases.ts';
import { FencedError, messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Lock, LockClient } from '../../shared/queue/lock.ts';

const LEASE_TTL_MS = 10_000;
/** Share of the lease after which its holder no longer trusts it, whatever the database would say. */
const TRUST = 0.75;
const RENEWALS_PER_TTL = 4;

export interface LeaseKeeperDeps {
  sql: Sql;
  locks: LockClient;
  /** Where the lease stands while this process has it. */
  leases: Map<string, HeldLease>;
  log: Log;
  /** The token while held, 0 while not. */
  onChange(key: string, token: number): void;
}

/**
 * Contends for a lease until `stop`, renews it while it has it, and contends again when it has lost it.
 *
 * The Redlock lock stands in front so that contenders do not knock at the database; it may be lost without harm, for
 * the token in PostgreSQL decides. After a crash another process takes over within the lease's time and one try more.
 */
export function keepLease(
  deps: LeaseKeeperDeps,
  key: string,
  holder: string,
  { ttlMs = LEASE_TTL_MS } = {},
): { stop(): Promise<void> } {
  const stop = new AbortController();
  const loop = (async () => {
    while (!stop.signal.aborted) {
      const held = await acquire(deps, key, holder, ttlMs).catch((error) => {
        deps.log.warn({ key, reason: messageOf(error) }, 'lease not asked for');
      });
      if (held) await hold(deps, held, ttlMs, stop.signal);
      await sleep(Math.min(500, ttlMs / 10), stop.signal);
    }
  })();
  return {
    async stop() {
      stop.abort();
      await loop;
    },
  };
}

interface Grant {
  lease: Lease;
  lock: Lock;
  /** Monotonic time at which the lease was asked for: it lasts at least `ttlMs` from then. */
  since: number;
}

async function acquire(deps: LeaseKeeperDeps, key: string, holder: string, ttlMs: number) {
  const lock = await deps.locks.tryAcquire(key, ttlMs);
  if (!lock) return undefined;
  const since = monotonic();
  const lease = await acquireLease(deps.sql, { key, holder, ttlMs }).catch(async (error) => {
    await letGo(lock);
    throw error;
  });
  if (lease) return { lease, lock, since } satisfies Grant;
  await letGo(lock);
  return undefined;
}

/** Until it is lost or stopped. */
async function hold(deps: LeaseKeeperDeps, grant: Grant, ttlMs: number, stop: AbortSignal): Promise<void> {
  const { lease } = grant;
  let { lock, since } = grant;
  let lost = false;
  const trusted = () => !lost && monotonic() - since < ttlMs * TRUST;
  deps.leases.set(lease.key, {
    ...lease,
    check() {
      if (!trusted()) throw new FencedError(`${lease.key}: the lease was not renewed in time`);
    },
  });
  deps.onChange(lease.key, lease.token);
  deps.log.info({ key: lease.key, fence: lease.token }, 'lease taken');

  while (!lost && trusted() && (await sleep(ttlMs / RENEWALS_PER_TTL, stop))) {
    const asked = monotonic();
    const renewed = await renewLease(deps.sql, lease, ttlMs).catch((error) => {
      deps.log.warn({ key: lease.key, reason: messageOf(error) }, 'lease not renewed');
    });
    if (renewed) since = asked;
    lost = renewed === false;
    // Lost or not, the lease decides.
    lock = await lock.extend(ttlMs).catch(() => lock);
  }

  deps.leases.delete(lease.key);
  deps.onChange(lease.key, 0);
  if (!stop.aborted) deps.log.error({ key: lease.key, fence: lease.token }, 'lease lost');
  await releaseLease(deps.sql, lease).catch((error) =>
    deps.log.warn({ key: lease.key, reason: messageOf(error) }, 'lease not released, it will run out'),
  );
  await letGo(lock);
}

/** A lock that cannot be given back runs out by itself. */
const letGo = (lock: Lock) => lock.release().catch(() => {});
