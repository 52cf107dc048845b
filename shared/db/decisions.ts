import type { Signal } from '../domain/trading.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

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

/** The decision on the newest signal of the same symbol after this one. */
export async function findLaterDecision(
  sql: Queryable,
  autopilot: string,
  { venue, symbol, ts }: Pick<Signal, 'venue' | 'symbol' | 'ts'>,
): Promise<Decision | undefined> {
  const [row] = await sql<Decision[]>`
    SELECT d.autopilot, d.signal_id, d.outcome, d.reason
    FROM signals s JOIN decisions d ON d.signal_id = s.id AND d.autopilot = ${autopilot}
    WHERE s.ts > ${ts}::timestamptz AND s.instrument_id = ${instrumentId(sql, { venue, symbol })}
    ORDER BY s.ts DESC LIMIT 1`;
  return row;
}
