import type { Sql } from '../../shared/db/client.ts';
import { UserError } from '../../shared/errors.ts';
import { withServers } from '../bench/bench.ts';
import { rateOf, ratesBySecond, spreadOf } from '../bench/figures.ts';
import { oneJobPerEvent } from '../bench/one-job-contender.ts';
import { measure, millrace } from '../bench/run.ts';
import { writeOut } from '../output.ts';

const LOOK_MS = 50;

/**
 * `millrace bench ingest`: events a second from a real WebSocket to a committed, deduplicated row, by our producer and
 * archive pool, beside one BullMQ job an event in the same run on the same servers.
 */
export async function benchIngest(options: { json?: boolean; seconds: string }): Promise<void> {
  const seconds = readSeconds(options.seconds);
  const report = await withServers(async (servers, say, empty) => {
    say(`our way, ${seconds} s flat out`);
    const ours = await measure(servers, millrace, { seconds, watchEveryMs: LOOK_MS });
    const rows = await countRows(servers.sql);
    await empty();
    say(`one job an event, ${seconds} s flat out`);
    const theirs = await measure(servers, oneJobPerEvent, {
      seconds,
      watchEveryMs: LOOK_MS,
      leaveRest: true,
    });
    const [fast, slow] = [rateOf(ours), rateOf(theirs)];
    return {
      eventsPerSecond: fast,
      oneJobPerEvent: { eventsPerSecond: slow, bySecond: spreadOf(ratesBySecond(theirs)) },
      ratio: Math.round((fast / slow) * 10) / 10,
      bySecond: spreadOf(ratesBySecond(ours)),
      events: ours.sent,
      rows: rows.rows,
      duplicates: rows.rows - rows.distinct,
      missing: ours.sent - rows.distinct,
      seconds: Math.round(ours.elapsedMs / 100) / 10,
      durability: servers.durability,
    };
  });
  await writeOut(`${options.json ? JSON.stringify(report) : inWords(report)}\n`);
}

export function readSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 3_600) return seconds;
  throw new UserError(`--seconds ${text} is not valid: it must be a number from 1 to 3600`);
}

async function countRows(sql: Sql) {
  const [row] = await sql<{ rows: number; distinct: number }[]>`
    SELECT count(*) AS rows, count(DISTINCT (instrument_id, trade_id)) AS distinct FROM trades`;
  return row ?? { rows: 0, distinct: 0 };
}

function inWords(report: {
  eventsPerSecond: number;
  oneJobPerEvent: { eventsPerSecond: number };
  ratio: number;
  bySecond: { min: number; median: number; max: number };
  missing: number;
  duplicates: number;
}): string {
  const { eventsPerSecond, oneJobPerEvent: reference, ratio, bySecond, missing, duplicates } = report;
  return [
    `${eventsPerSecond} events/s from the socket to the committed row (by second: ${bySecond.min} to ${bySecond.max}, median ${bySecond.median})`,
    `${reference.eventsPerSecond} events/s with one job an event: ${ratio} times slower`,
    `${missing} missing, ${duplicates} twice`,
  ].join('\n');
}
