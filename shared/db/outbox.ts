import type { Queryable, Transaction } from './client.ts';

/** A mail to be sent once; `key` says which, `attempts` how often its sending was begun. */
export interface Mail {
  id: number;
  key: string;
  kind: string;
  subject: string;
  body: string;
  html: string | null;
  state: 'waiting' | 'sending' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
  createdAt: number;
  sentAt: number | null;
}

export type NewMail = Pick<Mail, 'key' | 'kind' | 'subject' | 'body'> & { html?: string | undefined };

/** Adds a mail, in the transaction of its cause, and returns its id; undefined when one of this key is there. */
export async function addMail(sql: Queryable, mail: NewMail): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`
    INSERT INTO outbox (key, kind, subject, body, html)
    VALUES (${mail.key}, ${mail.kind}, ${mail.subject}, ${mail.body}, ${mail.html ?? null})
    ON CONFLICT (key) DO NOTHING RETURNING id`;
  return row?.id;
}

/** Makes this transaction the only one that handles the mail, until it ends or its process dies. */
export async function lockMail(tx: Transaction, id: number): Promise<boolean> {
  const [row] = await tx<{ locked: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtext('outbox'), ${id}::integer) AS locked`;
  return row?.locked ?? false;
}

export async function findMail(sql: Queryable, id: number): Promise<Mail | undefined> {
  const [row] = await sql<Mail[]>`SELECT ${columns(sql)} FROM outbox WHERE id = ${id}`;
  return row;
}

export async function findMailId(sql: Queryable, key: string): Promise<number | undefined> {
  const [row] = await sql<Pick<Mail, 'id'>[]>`SELECT id FROM outbox WHERE key = ${key}`;
  return row?.id;
}

/** `false` when it no longer waits: another has it. */
export async function saveMailSending(sql: Queryable, id: number): Promise<boolean> {
  const rows = await sql`
    UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ${id} AND state = 'waiting' RETURNING id`;
  return rows.length === 1;
}

export async function saveMailSent(sql: Queryable, id: number, note: string | null): Promise<void> {
  await sql`
    UPDATE outbox SET state = 'sent', error = ${note}, sent_at = clock_timestamp()
    WHERE id = ${id} AND state <> 'sent'`;
}

/** From where it stands back to `waiting` to be tried again, or to `failed` for good; nothing when it has moved since. */
export async function saveMailError(
  sql: Queryable,
  id: number,
  { from, to, error }: { from: 'waiting' | 'sending'; to: 'waiting' | 'failed'; error: string },
): Promise<void> {
  await sql`UPDATE outbox SET state = ${to}, error = ${error} WHERE id = ${id} AND state = ${from}`;
}

/** Mail of the last `withinMs` that is neither sent nor given up, oldest first. */
export async function listUnsentMail(sql: Queryable, withinMs: number): Promise<Pick<Mail, 'id'>[]> {
  return sql<Pick<Mail, 'id'>[]>`
    SELECT id FROM outbox
    WHERE state IN ('waiting', 'sending') AND created_at > clock_timestamp() - ${withinMs} * interval '1 millisecond'
    ORDER BY id LIMIT 200`;
}

/** Deletes mail that was sent longer ago; what never left stays for people to read. Returns how many. */
export async function deleteOldMail(sql: Queryable, olderThanMs: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM outbox WHERE state = 'sent' AND sent_at < clock_timestamp() - ${olderThanMs} * interval '1 millisecond'`;
  return count;
}

/** Newest first; `before` is the id of the last row of the page before. */
export async function listOutbox(
  sql: Queryable,
  {
    state,
    limit = 100,
    before,
  }: { state?: Mail['state'] | undefined; limit?: number | undefined; before?: number | undefined } = {},
): Promise<Mail[]> {
  return sql<Mail[]>`
    SELECT ${columns(sql)} FROM outbox
    WHERE (${state ?? null}::text IS NULL OR state = ${state ?? null})
      AND (${before ?? null}::bigint IS NULL OR id < ${before ?? null})
    ORDER BY id DESC LIMIT ${limit}`;
}

const columns = (sql: Queryable) =>
  sql`id, key, kind, subject, body, html, state, attempts, error, created_at, sent_at`;
