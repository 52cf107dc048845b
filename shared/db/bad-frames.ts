import type { Queryable } from './client.ts';

/** A frame that no adapter could read: why, how long it was, its beginning and its digest. */
export interface BadFrame {
  receivedAt: number;
  reason: string;
  bytes: number;
  head: string;
  digest: string;
}

export interface BadFrameRow extends BadFrame {
  id: number;
  venue: string;
}

/** Keeps frames for people to look at; returns how many were new. */
export async function addBadFrames(
  sql: Queryable,
  venue: string,
  frames: readonly BadFrame[],
): Promise<number> {
  if (frames.length === 0) return 0;
  const { count } = await sql`
    INSERT INTO bad_frames (venue, received_at, reason, bytes, head, digest)
    SELECT ${venue}, to_timestamp(("receivedAt")::float8 / 1000), reason, bytes, head, digest
    FROM jsonb_to_recordset(${sql.json(frames.map(withoutNul) as never)})
      AS frame ("receivedAt" float8, reason text, bytes int, head text, digest text)
    ON CONFLICT DO NOTHING`;
  return count;
}

/** Newest first. */
export async function listBadFrames(
  sql: Queryable,
  { venue, limit = 100 }: { venue?: string | undefined; limit?: number } = {},
): Promise<BadFrameRow[]> {
  return sql<BadFrameRow[]>`
    SELECT id, venue, received_at, reason, bytes, head, digest FROM bad_frames
    WHERE (${venue ?? null}::text IS NULL OR venue = ${venue ?? null}) ORDER BY id DESC LIMIT ${limit}`;
}

/** Keeps the newest `keep`. */
export async function deleteOldBadFrames(sql: Queryable, keep: number): Promise<void> {
  await sql`
    DELETE FROM bad_frames WHERE id <= (SELECT id FROM bad_frames ORDER BY id DESC OFFSET ${keep} LIMIT 1)`;
}

/** PostgreSQL keeps no NUL in a text, nor half a surrogate pair in JSON. */
const withoutNul = (frame: BadFrame): BadFrame => ({
  ...frame,
  reason: clean(frame.reason),
  head: clean(frame.head),
});

const clean = (text: string) => Buffer.from(text.replaceAll('\u0000', '\\u0000')).toString();
