import { FencedError } from '../errors.ts';
import type { Queryable, Sql, Transaction } from './client.ts';

/** A right that one holder has at a time. The token only grows: it is minted here, never in Redis. */
export interface Lease {
  key: string;
  token: number;
}

/** A lease of this process. `check` throws once it may have run out by our own clock, before the database is asked. */
export interface HeldLease extends Lease {
  /** @throws {FencedError} */
  check(): void;
}

/** SQLSTATE of the trigger that refuses a write under a stale token. */
const FENCED = 'ML001';

/** The lease for `ttlMs` by the database's clock; undefined while another holds it. */
export async function acquireLease(
  sql: Queryable,
  { key, holder, ttlMs }: { key: string; holder: string; ttlMs: number },
): Promise<Lease | undefined> {
  const [row] = await sql<Lease[]>`
    INSERT INTO leases AS l (key, token, holder, expires_at)
    VALUES (${key}, 1, ${holder}, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
    ON CONFLICT (key) DO UPDATE SET token = l.token + 1, holder = excluded.holder,
      expires_at = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
      WHERE l.expires_at < clock_timestamp()
    RETURNING key, token`;
  return row;
}

/** `false` when it has expired or another holds it: it can't be had back by renewing. */
export async function renewLease(sql: Queryable, { key, token }: Lease, ttlMs: number): Promise<boolean> {
  const rows = await sql`
    UPDATE leases SET expires_at = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
    WHERE key = ${key} AND token = ${token} AND expires_at > clock_timestamp() RETURNING token`;
  return rows.length === 1;
}

/** Ends it at once. The row stays, for the token must not begin again. */
export async function releaseLease(sql: Queryable, { key, token }: Lease): Promise<void> {
  await sql`UPDATE leases SET expires_at = '-infinity' WHERE key = ${key} AND token = ${token}`;
}

/**
 * Runs `write` in one transaction under the lease. A takeover waits for it to end, or it finds the token changed.
 * @throws {FencedError} when the lease is no longer ours; nothing was written
 */
export async function withLease<T>(
  sql: Sql,
  { key, token }: Lease,
  write: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return (await sql.begin(async (tx) => {
      const held = await tx`
        SELECT FROM leases WHERE key = ${key} AND token = ${token} AND expires_at > clock_timestamp() FOR SHARE`;
      if (held.length === 0) throw new FencedError(`token ${token} no longer holds ${key}`);
      return write(tx);
    })) as T;
  } catch (error) {
    if ((error as { code?: string }).code !== FENCED) throw error;
    throw new FencedError((error as Error).message, { cause: error });
  }
}
