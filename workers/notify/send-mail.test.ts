import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { addMail, findMail, type NewMail, saveMailError, saveMailSending } from '../../shared/db/outbox.ts';
import type { TaskContext } from '../context.ts';
import { messageIdOf } from './compose-mail.ts';
import { deliver } from './deliver.ts';
import { sendMail } from './send-mail.ts';

interface Received {
  to: string[];
  text: string;
}

const SERVER = fileURLToPath(new URL('../../ops/testing/smtp-server.mjs', import.meta.url));
let db: TestDatabase;
let redis: TestRedis;
let context: TaskContext;
let server: ChildProcess;
let port = 0;
let received: Received[] = [];

beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
  await startServer();
  context = testContext(db, redis, {
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'Millrace <mill@example.org>',
    MAIL_TO: 'a@example.org,b@example.org',
  });
});
afterAll(async () => {
  await stopServer();
  await context.queues.close();
  await Promise.all([db.drop(), redis.close()]);
});
beforeEach(async () => {
  await db.sql`TRUNCATE outbox`;
  received = [];
  await mode('accept');
});

async function startServer() {
  server = fork(SERVER, [String(port)], { execArgv: [] });
  const [message] = (await once(server, 'message')) as [{ port: number }];
  port = message.port;
  server.on('message', (each: { mail?: Received }) => each.mail && received.push(each.mail));
}

async function stopServer() {
  const gone = once(server, 'exit');
  server.disconnect();
  await gone;
}

async function mode(next: 'accept' | 'busy' | 'refuse' | 'vanish') {
  server.send({ mode: next });
  let said: { mode?: string } = {};
  while (said.mode !== next) [said] = (await once(server, 'message')) as [{ mode?: string }];
}

/** What the server took so far: its words come in order, so after this round trip none is still on the way. */
async function taken(): Promise<Received[]> {
  await mode('accept');
  return received;
}

let serial = 0;
async function waiting(mail: Partial<NewMail> = {}): Promise<number> {
  const id = await addMail(db.sql, {
    key: `signal:${++serial}`,
    kind: 'signal',
    subject: 'BUY',
    body: 'now',
    ...mail,
  });
  return id as number;
}
const send = (outboxId: number, on = context) => sendMail({ outboxId }, on);
const state = async (id: number) => {
  const mail = await findMail(db.sql, id);
  return { state: mail?.state, attempts: mail?.attempts, error: mail?.error };
};

test('a mail is sent once to everybody, however many workers have it and however often they run', async () => {
  const id = await waiting({ key: 'signal:once', subject: 'BUY BTC/USDT', body: 'sma-cross says buy' });
  await Promise.allSettled(Array.from({ length: 6 }, () => send(id)));
  await send(id);
  expect(await state(id)).toEqual({ state: 'sent', attempts: 1, error: null });
  expect(await taken()).toHaveLength(1);
  expect(received[0]?.to).toEqual(['a@example.org', 'b@example.org']);
  expect(received[0]?.text).toContain('Subject: BUY BTC/USDT');
  expect(received[0]?.text).toContain(`Message-ID: ${messageIdOf('signal:once', 'mill@example.org')}`);
});

test('one key is one mail in the outbox', async () => {
  await waiting({ key: 'signal:same' });
  expect(await waiting({ key: 'signal:same' })).toBeUndefined();
});

test('while the server is away mail waits, and goes when it is back', async () => {
  const id = await waiting();
  await stopServer();
  await expect(send(id)).rejects.toThrow('not sent yet');
  expect(await state(id)).toMatchObject({ state: 'waiting', error: expect.stringContaining('ECONNREFUSED') });
  await startServer();
  await send(id);
  expect(await state(id)).toMatchObject({ state: 'sent', error: null });
  expect(await taken()).toHaveLength(1);
});

test('a busy server is asked again, one that refuses for good is not', async () => {
  const id = await waiting();
  await mode('busy');
  await expect(send(id)).rejects.toThrow('451');
  expect(await state(id)).toMatchObject({ state: 'waiting' });
  await mode('refuse');
  await send(id);
  expect(await state(id)).toMatchObject({ state: 'failed', error: expect.stringContaining('550') });
  await mode('accept');
  await send(id);
  expect(await taken()).toEqual([]);
});

test('when the answer is lost after the whole mail was taken, it is not sent a second time', async () => {
  const id = await waiting();
  await mode('vanish');
  await send(id);
  await mode('accept');
  await send(id);
  expect(await state(id)).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('may have been sent'),
  });
  expect(await taken()).toHaveLength(1);
});

test('a sender that dies before the last byte leaves no mail behind it, so it is safe to send again', async () => {
  const message = Buffer.from('Subject: half\r\n\r\nbody\r\n');
  const delivery = deliver(
    context.config.SMTP_URL as string,
    { envelope: { from: 'mill@example.org', to: ['a@example.org'] }, message },
    () => Promise.reject(new Error('killed')),
    context.signal,
  );
  await expect(delivery).rejects.toThrow('killed');
  const id = await waiting();
  await send(id);
  expect((await taken()).map(({ text }) => text.includes('half'))).toEqual([false]);
});

test('a sender whose lock the database forgot leaves the mail to the one that came after it', async () => {
  const id = await waiting();
  await expect(send(id, { ...context, sql: forgetful(() => send(id)) })).rejects.toThrow(
    'another worker has this mail in hand',
  );
  expect(await state(id)).toEqual({ state: 'sent', attempts: 1, error: null });
  expect(await taken()).toHaveLength(1);
});

test('a late error of a sender that had no claim takes nothing from the one that has', async () => {
  const id = await waiting();
  expect(await saveMailSending(db.sql, id)).toBe(true);
  expect(await saveMailSending(db.sql, id)).toBe(false);
  await saveMailError(db.sql, id, { from: 'waiting', to: 'waiting', error: 'refused' });
  expect(await state(id)).toEqual({ state: 'sending', attempts: 1, error: null });
});

test('a mail whose sender died after the last byte is given up with the reason', async () => {
  const id = await waiting();
  await saveMailSending(db.sql, id);
  await send(id);
  expect(await state(id)).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('the sender died'),
  });
  expect(await taken()).toEqual([]);
});

test('a subject can not add a header or a receiver', async () => {
  const id = await waiting({ subject: 'BUY\r\nBcc: thief@example.org\r\n\r\n<b>hello</b>' });
  await send(id);
  const [head] = ((await taken())[0]?.text ?? '').split('\r\n\r\n');
  expect(head).not.toMatch(/^Bcc:/im);
  expect(received[0]?.to).toEqual(['a@example.org', 'b@example.org']);
});

test('images in the HTML travel as attachments', async () => {
  const id = await waiting({ html: '<p>day</p><img src="data:image/png;base64,iVBORw0KGgo=">' });
  await send(id);
  expect((await taken())[0]?.text).toContain('Content-ID:');
  expect(received[0]?.text).toContain('Content-Type: image/png');
});

test('without a server or a receiver mail stays waiting', async () => {
  const id = await waiting();
  await send(id, testContext(db, redis));
  expect(await state(id)).toEqual({ state: 'waiting', attempts: 0, error: null });
});

/** A database that forgets the lock, as a restart does, and lets `other` go first when the mail is about to leave. */
function forgetful(other: () => Promise<unknown>): TaskContext['sql'] {
  return new Proxy(db.sql, {
    get: (sql, key) =>
      key === 'begin' ? (work: (on: typeof sql) => unknown) => work(sql) : Reflect.get(sql, key),
    apply: (sql, self, statement) => other().then(() => Reflect.apply(sql, self, statement)),
  });
}
