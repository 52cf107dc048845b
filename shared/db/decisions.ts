import type { Queryable } from './client.ts';

/** What an autopilot made of a signal, with the reason in a person's words. */
export interface Decision {
  autopilot: string;
  signalId: number;
  outcome: 'ordered' | 'skipped';
  reason: string;
}

/** `false` when it was decided before: the first decision stands. */
export async function addDecision(sql: Queryable, decision: Decision): Promise<boolean> {
  const rows = await sql`
    INSERT INTO decisions (autopilot, signal_id, outcome, reason)
    VALUES (${decision.autopilot}, ${decision.signalId}, ${decision.outcome}, ${decision.reason})
    ON CONFLICT DO NOTHING RETURNING signal_id`;
  return rows.length === 1;
}

export async function findDecision(
  sql: Queryable,
  autopilot: string,
  signalId: number,
): Promise<Decision | undefined> {
  const [row] = await sql<Decision[]>`
    SELECT autopilot, signal_id, outcome, reason FROM decisions
    WHERE autopilot = ${autopilot} AND signal_id = ${signalId}`;
  return row;
}
