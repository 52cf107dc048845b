import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApi, testApi } from '../ops/testing/api.ts';
import { listAudit } from '../shared/db/audit.ts';
import { addMarketFacts } from '../shared/db/market.ts';
import { saveReport } from '../shared/db/reports.ts';
import { findTask } from '../shared/db/tasks.ts';
import { Columns } from '../shared/tasks/columns.ts';
import { ROUTES } from './routes/index.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi({ METRICS_TOKEN: 'a token for prometheus' });
});
afterAll(() => api.close());

const bases = ['', '/api/v1'];

describe('reads', () => {
  test.each([
    ['/candles?venue=sim&symbol=BTC/USDT&interval=7s', 'interval'],
    ['/candles?venue=sim&symbol=BTC/USDT', 'interval'],
    ['/candles?venue=sim&symbol=btc&interval=1s', 'symbol'],
    ['/candles?venue=SIM;--&symbol=BTC/USDT&interval=1s', 'venue'],
    ['/candles?venue=sim&symbol=BTC/USDT&interval=1s&limit=0', 'limit'],
    ['/candles?venue=sim&venue=sim&symbol=BTC/USDT&interval=1s', 'venue'],
    ['/trades?venue=sim&symbol=BTC/USDT&before=yesterday', 'before'],
    ['/trades?venue=sim&symbol=BTC/USDT&sort=price', 'sort'],
    ['/funding?venue=sim&symbol=BTC/USDT:USDT&from=now', 'from'],
    ['/marks?venue=sim&symbol=BTC/USDT:USDT&limit=5001', 'limit'],
    ['/signals?before=-1', 'before'],
    ['/orders?state=DONE', 'state'],
    ['/orders?before=1', 'before'],
    ['/tasks?limit=1e9', 'limit'],
    ['/outbox?state=%00', 'state'],
    ['/reports/x', 'id'],
    ['/reports/99999999999999999999', 'id'],
    ['/tasks/..%2f..%2fetc', 'id'],
  ])('%s is 400 and names %s', async (path, field) => {
    const response = await api.call(path);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    const problem = (await response.json()) as { errors: { field: string }[] };
    expect(problem.errors.map((error) => error.field)).toContain(field);
  });

  test.each([
    ['/candles?symbol=BTC/USDT&interval=1s', 'venue: is missing'],
    [
      '/candles?venue=sim&symbol=BTC/USDT&interval=7s',
      'interval: must be one of 1s, 1m, 5m, 15m, 1h, 4h, 1d',
    ],
    ['/trades?venue=sim&symbol=BTC/USDT&limit=9999', 'limit: must be a whole number from 1 to 1000'],
    ['/signals?sort=price', 'sort: is not known here'],
  ])('%s is refused in words: %s', async (path, detail) => {
    expect(await (await api.call(path)).json()).toMatchObject({ status: 400, detail });
  });

  test('a report of a day that has not begun is refused at once', async () => {
    const body = { day: new Date(Date.now() + 172_800_000).toISOString().slice(0, 10) };
    expect(await (await api.call('/reports', body)).json()).toMatchObject({ status: 400 });
  });

  test.each([
    '/candles?venue=sim&symbol=BTC/USDT&interval=1s',
    '/trades?venue=sim&symbol=BTC/USDT',
    '/signals',
    '/orders',
    '/positions',
    '/tasks',
    '/models',
    '/reports',
    '/outbox',
    '/prices',
    '/order-flow?venue=sim&symbol=BTC/USDT',
    '/funding?venue=binance&symbol=BTC/USDT:USDT',
    '/marks?venue=binance&symbol=BTC/USDT:USDT',
    '/processes',
    '/queue-depths',
    '/bad-frames',
    '/instruments',
    '/venues',
    '/audit',
  ])('%s answers a list', async (path) => {
    for (const base of bases) {
      const response = await api.call(base + path);
      expect([response.status, Array.isArray(await response.json())]).toEqual([200, true]);
    }
  });

  test('funding rates and mark prices are told exact, the newest or from a time on', async () => {
    const of = { venue: 'okx', symbol: 'BTC/USDT:USDT' };
    const at = (ts: number) => ({ ...of, ts, receivedAt: ts });
    const ts = Date.UTC(2026, 10, 21, 7);
    const due = ts + 3_600_000;
    const columns = new Columns(of.venue, 'live');
    columns.funding({ type: 'funding', ...at(ts), rate: '-0.00038167', nextFundingTs: due });
    columns.funding({ type: 'funding', ...at(ts + 60_000), rate: '0.0001', nextFundingTs: due });
    columns.mark({ type: 'mark', ...at(ts), price: '61800.1', indexPrice: '61799.5' });
    columns.mark({ type: 'mark', ...at(ts + 1_000), price: '61800.2' });
    await addMarketFacts(api.db.sql, columns.build());
    const read = async (path: string) =>
      (await api.call(`/${path}&venue=okx&symbol=${encodeURIComponent(of.symbol)}`)).json();
    const rates = [
      { ...of, ts, rate: '-0.00038167', nextFundingTs: due },
      { ...of, ts: ts + 60_000, rate: '0.0001', nextFundingTs: due },
    ];
    expect(await read('funding?limit=10')).toEqual(rates);
    expect(await read('funding?limit=1')).toEqual(rates.slice(1));
    expect(await read(`funding?from=${ts}&to=${ts + 1}`)).toEqual(rates.slice(0, 1));
    expect(await read('marks?limit=10')).toEqual([
      { ...of, ts, price: '61800.1', indexPrice: '61799.5' },
      { ...of, ts: ts + 1_000, price: '61800.2', indexPrice: null },
    ]);
    expect(await read(`marks?from=${ts + 2_000}`)).toEqual([]);
  });

  test.each(['/tasks/unknown', '/reports/4711', '/reports/4711/html', '/nothing'])(
    '%s is 404',
    async (path) => {
      expect((await api.call(path)).status).toBe(404);
    },
  );

  test('a report opens as a page that may run nothing', async () => {
    const { id } = await saveReport(api.db.sql, {
      kind: 'daily',
      day: '2026-11-20',
      title: 'A day',
      html: '<h1>A day</h1>',
      summary: {},
    });
    const response = await api.call(`/reports/${id}/html`);
    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox.*default-src 'none'/);
    expect(await response.text()).toBe('<h1>A day</h1>');
  });
});

describe('commands', () => {
  test('POST /retrain answers 202 with the id of a task that is recorded, enqueued and audited', async () => {
    const waiting = async () => {
      const depths = (await (await api.call('/queue-depths')).json()) as { name: string; waiting: number }[];
      return depths.find(({ name }) => name === 'training')?.waiting ?? 0;
    };
    const before = await waiting();
    const response = await api.call('/retrain', {});
    expect(response.status).toBe(202);
    const answer = (await response.json()) as { taskId: string };
    expect(answer).toMatchObject({ venue: 'sim', symbol: 'BTC/USDT', interval: '1s' });
    expect(response.headers.get('location')).toBe(`/tasks/${answer.taskId}`);
    expect(await (await api.call(`/tasks/${answer.taskId}`)).json()).toMatchObject({
      name: 'train_model',
      state: 'PENDING',
    });
    expect(await waiting()).toBe(before + 1);
    expect((await listAudit(api.db.sql))[0]).toMatchObject({
      actor: 'admin',
      action: 'retrain',
      details: { taskId: answer.taskId },
    });
  });

  test('POST /retrain without a body takes the defaults too', async () => {
    const response = await fetch(`${api.url}/retrain`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${api.token}` },
    });
    expect(response.status).toBe(202);
  });

  test.each([
    [{ symbol: 'DOGE/USDT' }, 'symbol'],
    [{ venue: 'binance' }, 'venue'],
    [{ interval: '2s' }, 'interval'],
    [{ candles: -0.5 }, 'candles'],
    [{ isAdmin: true }, 'isAdmin'],
  ])('POST /retrain of %j is 400 and names %s', async (body, field) => {
    const response = await api.call('/retrain', body);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toMatch(field);
  });

  test('POST /reports makes a task', async () => {
    const response = await api.call('/reports', { day: '2026-11-20' });
    expect(response.status).toBe(202);
    const { taskId } = (await response.json()) as { taskId: string };
    expect(await findTask(api.db.sql, taskId)).toMatchObject({
      name: 'generate_report',
      payload: { day: '2026-11-20' },
    });
  });

  test('a form, plain text, a foreign page and too much are turned away', async () => {
    const post = (headers: Record<string, string>, body: string) =>
      fetch(`${api.url}/retrain`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${api.token}`, ...headers },
        body,
      });
    const json = { 'Content-Type': 'application/json' };
    expect((await post({ 'Content-Type': 'text/plain' }, '{}')).status).toBe(415);
    expect((await post({ 'Content-Type': 'application/x-www-form-urlencoded' }, '')).status).toBe(415);
    expect((await post({ ...json, 'Content-Encoding': 'gzip' }, '{}')).status).toBe(415);
    expect((await post({ ...json, Origin: 'http://evil.example' }, '{}')).status).toBe(403);
    expect((await post({ ...json, Origin: 'null' }, '{}')).status).toBe(403);
    expect((await post({ ...json, 'Sec-Fetch-Site': 'cross-site' }, '{}')).status).toBe(403);
    expect((await post(json, `{"symbol":"${'x'.repeat(110_000)}"}`)).status).toBe(413);
    expect((await post(json, '{"symbol":')).status).toBe(400);
    expect((await post(json, '{"__proto__":{"x":1}}')).status).toBe(400);
  });
});

describe('health', () => {
  test('/healthz is open to all', async () => {
    expect(await (await fetch(`${api.url}/healthz`)).json()).toEqual({ ok: true });
  });

  test('/readyz names each dependency and is 503 while one is missing', async () => {
    const response = await fetch(`${api.url}/readyz`);
    expect(response.status).toBe(503);
    const { dependencies } = (await response.json()) as {
      dependencies: { name: string; ready: boolean; reason: string }[];
    };
    const ready = dependencies.filter((dependency) => dependency.ready).map(({ name }) => name);
    expect(ready).toEqual(['postgres', 'redis', 'migrations']);
    expect(dependencies.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['sim', 'feed sim', 'queue archive-0', 'queue archive-1', 'queue training']),
    );
    expect(dependencies.filter(({ reason, ready }) => !ready && !reason)).toEqual([]);
  });

  test('/metrics has one HELP line a family and the depth of every queue', async () => {
    const text = await (await api.call('/metrics')).text();
    const helps = text.split('\n').filter((line) => line.startsWith('# HELP'));
    expect(new Set(helps).size).toBe(helps.length);
    expect(text).toMatch(/millrace_queue_jobs\{queue="training",state="waiting"\} \d/);
  });

  test('the OpenAPI document has every route of the table', async () => {
    const document = (await (await api.call('/docs/openapi.json')).json()) as {
      openapi: string;
      paths: object;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([...new Set(ROUTES.map(({ path }) => path))].sort());
  });

  test('every answer carries the security headers and no trace of what made it', async () => {
    for (const path of ['/', '/healthz', '/me', '/nothing', '/%', '/queues']) {
      const { headers } = await fetch(api.url + path);
      expect(headers.get('content-security-policy')).toMatch(/script-src 'self';/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
    }
    const board = await api.call('/queues');
    expect([board.status, board.headers.get('x-powered-by')]).toEqual([200, null]);
  });
});
