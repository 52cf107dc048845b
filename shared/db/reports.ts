import type { Queryable } from './client.ts';

/** A report without its page; `day` is the UTC day it is of. */
export interface ReportRow {
  id: number;
  kind: string;
  day: string;
  title: string;
  summary: Record<string, unknown>;
  createdAt: number;
}

/** With its page. */
export interface Report extends ReportRow {
  html: string;
}

const columns = (sql: Queryable) => sql`id, kind, day, title, summary, created_at`;

/** Stores the report of a kind and day; made again, it takes the place of the one before and keeps its id. */
export async function saveReport(
  sql: Queryable,
  report: Omit<Report, 'id' | 'createdAt'>,
): Promise<ReportRow> {
  const { kind, day, title, html, summary } = report;
  const [row] = await sql<ReportRow[]>`
    INSERT INTO reports (kind, day, title, html, summary)
    VALUES (${kind}, ${day}, ${title}, ${html}, ${sql.json(summary as never)})
    ON CONFLICT (kind, day) DO UPDATE SET (title, html, summary, created_at) =
      (excluded.title, excluded.html, excluded.summary, clock_timestamp())
    RETURNING ${columns(sql)}`;
  if (!row) throw new Error(`report ${kind} of ${day} was not stored`);
  return row;
}

export async function findReport(sql: Queryable, id: number): Promise<Report | undefined> {
  const [row] = await sql<Report[]>`SELECT ${columns(sql)}, html FROM reports WHERE id = ${id}`;
  return row;
}

/** Newest day first. */
export async function listReports(sql: Queryable, { limit = 100 } = {}): Promise<ReportRow[]> {
  return sql<ReportRow[]>`SELECT ${columns(sql)} FROM reports ORDER BY day DESC, id DESC LIMIT ${limit}`;
}
