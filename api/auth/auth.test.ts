import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { SESSION_SECRET, type TestApi, testApi } from '../../ops/testing/api.ts';
import type { addFirstUser } from '../../shared/db/users.ts';
import { ROUTES } from '../routes/index.ts';
import { hashPassword } from './passwords.ts';
import { createTokens } from './tokens.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ METRICS_TOKEN: 'a token for prometheus' });
});
afterAll(() => api.close());

const concrete = (path: string) => path.replace(/\{\w+\}/g, '1');
const closed = ROUTES.filter(({ access }) => access !== 'public');
const bases = ['', '/api/v1'];

describe('who may call', () => {
  test('every route of the table that is not public answers 401 without a login, at both addresses', async () => {
    const calls = closed.flatMap(({ method, path }) =>
      bases.map((base) => ({ method, path: base + concrete(path) })),
    );
    for (const { method, path } of calls) {
      const response = await fetch(api.url + path, { method: method.toUpperCase() });
      expect([method, path, response.status]).toEqual([method, path, 401]);
    }
  });

  test.each([
    '/docs',
    '/docs/openapi.json',
    '/docs/swagger-ui.css',
    '/queues',
    '/queues/api/queues',
    '/nothing',
  ])('%s answers 401 without a login', async (path) => {
    expect((await fetch(api.url + path)).status).toBe(401);
  });

  test('each role may call what the table grants it, and gets 403 for the rest', async () => {
    const tokens = createTokens(SESSION_SECRET);
    for (const role of ['viewer', 'trader', 'operator'] as const) {
      const user = await addUser(role);
      const headers = { Authorization: `Bearer ${await tokens.issue(user)}` };
      const ranks = ['viewer', 'trader', 'operator', 'admin'];
      for (const { method, path, access } of closed.filter(({ path }) => path !== '/logout')) {
        const response = await fetch(api.url + concrete(path), { method: method.toUpperCase(), headers });
        const refused = ranks.indexOf(role) < ranks.indexOf(access);
        expect([role, path, response.status === 403]).toEqual([role, path, refused]);
      }
      expect((await fetch(`${api.url}/queues`, { headers })).status).toBe(403);
    }
  });

  test('a forged, stripped, expired or foreign token opens nothing', async () => {
    const key = new TextEncoder().encode(SESSION_SECRET);
    const good = () =>
      new SignJWT({ ver: 1 }).setSubject('1').setIssuedAt().setIssuer('millrace').setAudience('millrace-api');
    const head = { alg: 'HS256', typ: 'session+jwt' };
    const [header, payload, signature] = api.token.split('.') as [string, string, string];
    const none = (alg: string) =>
      `${Buffer.from(JSON.stringify({ ...head, alg })).toString('base64url')}.${payload}.`;
    const forged = [
      none('none'),
      none('None'),
      none('nOnE'),
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -4)}`,
      `${header}.${Buffer.from('{"sub":"1","ver":1,"exp":9999999999}').toString('base64url')}.${signature}`,
      new UnsecuredJWT({ sub: '1', ver: 1 }).encode(),
      await good().setProtectedHeader(head).setExpirationTime(1).sign(key),
      await good().setProtectedHeader(head).sign(key),
      await good().setProtectedHeader(head).setExpirationTime('1h').setNotBefore('1h').sign(key),
      await good()
        .setProtectedHeader({ ...head, typ: 'refresh+jwt' })
        .setExpirationTime('1h')
        .sign(key),
      await good()
        .setProtectedHeader({ ...head, alg: 'HS512' })
        .setExpirationTime('1h')
        .sign(key),
      await good().setAudience('other').setProtectedHeader(head).setExpirationTime('1h').sign(key),
      await good().setIssuer('other').setProtectedHeader(head).setExpirationTime('1h').sign(key),
      await good()
        .setProtectedHeader(head)
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode('x'.repeat(32))),
      await good().setSubject('1 OR 1=1').setProtectedHeader(head).setExpirationTime('1h').sign(key),
      await good().setSubject('999').setProtectedHeader(head).setExpirationTime('1h').sign(key),
      'a.b.c',
      'x'.repeat(8_000),
    ];
    for (const token of forged) {
      const response = await fetch(`${api.url}/me`, { headers: { Authorization: `Bearer ${token}` } });
      expect([token, response.status]).toEqual([token, 401]);
    }
  });

  test('METRICS_TOKEN opens /metrics and nothing else', async () => {
    const headers = { Authorization: 'Bearer a token for prometheus' };
    expect((await fetch(`${api.url}/metrics`, { headers: { Authorization: 'Bearer wrong' } })).status).toBe(
      401,
    );
    expect((await fetch(`${api.url}/me`, { headers })).status).toBe(401);
  });
});

describe('login', () => {
  const login = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${api.url}/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  test('an unknown user and a wrong password get the same answer', async () => {
    const answers = await Promise.all([
      login({ name: 'nobody', password: 'some password' }).then((response) => response.text()),
      login({ name: 'viewer', password: 'some password' }).then((response) => response.text()),
    ]);
    expect(answers[0]).toBe(answers[1]);
  });

  test('the cookie is out of reach of scripts and other sites', async () => {
    const response = await login({ name: 'admin', password: 'correct horse battery' });
    expect(response.headers.get('set-cookie')).toMatch(
      /^millrace_session=[^;]+;.*HttpOnly; SameSite=Strict$/,
    );
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${api.url}/me`, { headers: { cookie } })).status).toBe(200);
  });

  test('after ten failures an account is closed for a while, also for the right password', async () => {
    for (let i = 0; i < 10; i++)
      expect(
        (await login({ name: 'guessed', password: `guess ${i}` }, { 'X-Forwarded-For': `10.0.0.${i}` }))
          .status,
      ).toBe(401);
    const response = await login({ name: 'Guessed', password: 'guess' });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.call('/me')).status).toBe(200);
  });

  test('a new password ends every session that was open', async () => {
    const user = await addUser('trader', 'an old password');
    const token = await createTokens(SESSION_SECRET).issue(user);
    const headers = { Authorization: `Bearer ${token}` };
    const change = await api.call(
      '/password',
      { current: 'an old password', next: 'a new password' },
      headers,
    );
    expect(change.status).toBe(200);
    expect((await api.call('/me', undefined, headers)).status).toBe(401);
    const next = { Authorization: `Bearer ${((await change.json()) as { token: string }).token}` };
    expect((await api.call('/me', undefined, next)).status).toBe(200);
    expect((await api.call('/logout', {}, next)).status).toBe(204);
    expect((await api.call('/me', undefined, next)).status).toBe(401);
  });
});

/** A user beside the admin; the table only knows first ones. */
async function addUser(role: 'viewer' | 'trader' | 'operator', password = 'no password at all') {
  const { sql } = api.db;
  const passwordHash = await hashPassword(password);
  const [user] = await sql<NonNullable<Awaited<ReturnType<typeof addFirstUser>>>[]>`
    INSERT INTO users (name, role, password_hash) VALUES (${role}, ${role}, ${passwordHash})
    ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, version = users.version + 1
    RETURNING id, name, role, version, created_at`;
  if (!user) throw new Error('no user');
  return user;
}
