import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { type TestApi, testApi } from '../../ops/testing/api.ts';
import { publishLive } from '../../shared/queue/live.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const connect = (headers: Record<string, string>, path = '/live') =>
  new WebSocket(api.url.replace('http', 'ws') + path, { headers });

/** The HTTP status that the upgrade was refused with. */
async function refusal(headers: Record<string, string>, path?: string): Promise<number> {
  const client = connect(headers, path);
  client.on('error', () => {});
  const [, response] = (await once(client, 'unexpected-response')) as [unknown, { statusCode: number }];
  client.terminate();
  return response.statusCode;
}

async function next(client: WebSocket, type: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [data] = (await once(client, 'message')) as [Buffer];
    const found = (JSON.parse(String(data)) as Record<string, unknown>[]).find(
      (message) => message.type === type,
    );
    if (found) return found;
  }
}

const bearer = () => ({ Authorization: `Bearer ${api.token}` });
const cookie = () => ({ Cookie: `other=1; millrace_session=${api.token}` });

test('without a login the upgrade is refused with 401, from a foreign page with 403', async () => {
  expect(await refusal({})).toBe(401);
  expect(await refusal({ Authorization: 'Bearer wrong' })).toBe(401);
  expect(await refusal({ ...cookie(), Origin: 'http://evil.example' })).toBe(403);
  expect(await refusal({ ...cookie(), Origin: 'null' })).toBe(403);
  expect(await refusal(bearer(), '/elsewhere')).toBe(404);
});

test('a client with the cookie gets the status at once and whatever is published', async () => {
  const client = connect({ ...cookie(), Origin: api.url });
  expect(await next(client, 'status')).toMatchObject({
    processes: expect.any(Array),
    queues: expect.any(Array),
  });
  const price = {
    type: 'price',
    venue: 'sim',
    symbol: 'BTC/USDT',
    price: '61684.25',
    side: 'buy',
    ts: 1,
  } as const;
  const received = next(client, 'price');
  await publishLive(api.redis.redis, 'test', [price]);
  expect(await received).toEqual(price);
  client.terminate();
});

test.each([
  ['a message', 'hello', 1008],
  ['64 KiB and a byte', 'x'.repeat(65_537), 1009],
])('%s from the client ends its connection', async (_what, text, expected) => {
  const client = connect(bearer());
  await once(client, 'open');
  client.send(text);
  const [code] = await once(client, 'close');
  expect(code).toBe(expected);
});
