import type { Queryable } from './client.ts';

/** One change that a person made, or tried to make. */
export interface AuditRow {
  id: number;
  /** Name of the user, or `cli`. */
  actor: string;
  /** What was done, such as `retrain`. */
  action: string;
  details: Record<string, unknown>;
  createdAt: number;
}

/** Notes a change. Call it with the transaction that makes the change, so that neither stands without the other. */
export async function addAudit(
  sql: Queryable,
  entry: { actor: string; action: string; details?: Record<string, unknown> },
): Promise<void> {
  await sql`
    INSERT INTO audit (actor, action, details)
    VALUES (${entry.actor}, ${entry.action}, ${sql.json((entry.details ?? {}) as never)})`;
}

/** Newest first. */
export async function listAudit(sql: Queryable, { limit = 100 } = {}): Promise<AuditRow[]> {
  return sql<AuditRow[]>`
    SELECT id, actor, action, details, created_at FROM audit ORDER BY id DESC LIMIT ${limit}`;
}
