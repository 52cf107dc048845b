import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { sleep } from '../../shared/clock.ts';
import type { MarketEvent } from '../../shared/domain/market.ts';
import type { UserError } from '../../shared/errors.ts';
import type { Subscription, Venue } from '../../shared/exchanges/venue.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { createLog } from '../../shared/log.ts';
import { rebuildBooks } from '../commands/book.ts';
import { Problems, readEvents, readFrames } from '../recording.ts';
import { type RunningSim, runSim } from '../sim/run.ts';
import { Recorder } from './recorder.ts';
import type { RecordingFile, Rotation } from './recording-writer.ts';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT'];
const PROGRAM = [
  '--import',
  join(import.meta.dirname, '../testing/typescript.mjs'),
  join(import.meta.dirname, '../main.ts'),
];
const LARGE: Rotation = { maxBytes: 1e9, maxMs: 1e9 };
let home: string;
let sim: RunningSim;
let venue: Venue;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'millrace-record-'));
  sim = await runSim({
    ...{ host: '127.0.0.1', port: 0, symbols: SYMBOLS, seed: 7, eventsPerSecond: 2_000 },
    ...{ folder: join(home, 'sim'), historyMs: 10_000, log: createLog('test', 'fatal') },
  });
  venue = findVenue('sim', 'spot', { simUrl: sim.url });
});
afterAll(async () => {
  await sim.close();
  rmSync(home, { recursive: true });
});

const subscriptions = SYMBOLS.flatMap((symbol): Subscription[] => [
  ...(['trades', 'book', 'quotes'] as const).map((channel) => ({ channel, symbol })),
  { channel: 'candles', symbol, interval: '1s' },
]);

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
}

const control = (orders: object) =>
  fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });

/** The files of each socket, in order, as one recording. */
function joined(files: readonly RecordingFile[]): string[] {
  const stems = [...new Set(files.map(({ path }) => path.slice(0, -'-0001.txt.gz'.length)))];
  return stems.map((stem) => {
    const parts = files.filter(({ path }) => path.startsWith(stem)).map(({ path }) => readFileSync(path));
    writeFileSync(`${stem}.joined`, Buffer.concat(parts));
    return `${stem}.joined`;
  });
}

async function normalized(file: string): Promise<MarketEvent[]> {
  const problems = new Problems();
  const events: MarketEvent[] = [];
  for await (const batch of readEvents(file, venue, problems)) events.push(...batch);
  expect(problems.count).toBe(0);
  return events;
}

function start(name: string, options: Partial<ConstructorParameters<typeof Recorder>[0]> = {}) {
  const live: MarketEvent[] = [];
  const failures: UserError[] = [];
  const recorder = new Recorder({
    ...{ venue, subscriptions, folder: mkdtempSync(join(home, name)), rotation: LARGE },
    onEvents: (events) => live.push(...events),
    onFailure: (error) => failures.push(error),
    ...options,
  });
  recorder.start();
  return { recorder, live, failures };
}

test('through breaks and a cut, a recording says again exactly what the feed said live', async () => {
  const { recorder, live, failures } = start('breaks', { rotation: { maxBytes: 1, maxMs: 1e9 } });
  const bothLive = () => SYMBOLS.every((symbol) => recorder.feed.book(symbol)?.state === 'live');
  const gaps = () => recorder.feed.book('BTC/USDT')?.counters.gaps ?? 0;
  await until(bothLive, 'the books are right');
  await control({ dropDepthEvery: 7 });
  await until(() => gaps() > 0, 'a book broke');
  await until(() => recorder.report().files.length > 1, 'a second file was begun');
  await control({ dropDepthEvery: 0, cut: true });
  await until(() => recorder.feed.status.reconnects === 1, 'the cut was seen');
  const before = gaps();
  await until(bothLive, 'the books are right again');
  await control({ dropDepthEvery: 7 });
  await until(() => gaps() > before, 'a book broke on the second socket');
  await control({ dropDepthEvery: 0 });
  await until(() => bothLive() && live.length > 6_000, 'it has settled');
  const report = await recorder.stop();

  expect(failures).toEqual([]);
  expect(report).toMatchObject({ badFrames: 0, reconnects: 1, silent: [] });
  expect(report.files.length).toBeGreaterThan(2);
  const [first = '', second = '', ...more] = joined(report.files);
  expect(more).toEqual([]);
  expect([...(await normalized(first)), ...(await normalized(second))]).toEqual(live);
  expect(live.filter((event) => event.type === 'book' && event.kind === 'snapshot')).toHaveLength(
    report.snapshots,
  );
  const books = await rebuildBooks(second, venue, new Problems());
  for (const symbol of SYMBOLS) {
    const held = recorder.feed.book(symbol);
    expect(books.get(symbol)?.top(5_000)).toEqual(held?.top(5_000));
    expect(books.get(symbol)).toMatchObject({ state: 'live', id: held?.id, ts: held?.ts });
  }
  expect(books.get('BTC/USDT')?.counters.gaps).toBe(gaps() - before);
});

test('a frame that no one can read is kept as it came, in one line', async () => {
  const frames = [
    '{"channel":"heartbeat"}',
    '{\r\n "channel":\n"heartbeat"}',
    'no JSON',
    '',
    Buffer.from([0xff, 0x00]),
  ];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    for (const frame of frames) socket.send(frame, { binary: false });
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kraken = { ...findVenue('kraken'), streamUrl: `ws://127.0.0.1:${port}` };
  const { recorder } = start('odd', {
    venue: kraken,
    subscriptions: [{ channel: 'book', symbol: 'BTC/USD' }],
  });
  await until(() => recorder.report().frames === frames.length, 'all came');
  const report = await recorder.stop();
  server.close();
  expect(report).toMatchObject({ frames: 5, badFrames: 3, silent: ['BTC/USD'] });

  const read: string[] = [];
  for await (const batch of readFrames(report.files[0]?.path, new Problems())) {
    read.push(...batch.map(({ frame }) => frame));
  }
  expect(read).toEqual([frames[0], '{   "channel": "heartbeat"}', frames[2], '', '\ufffd\u0000']);
});

test('a disk that refuses ends the recording with a sentence', async () => {
  const { recorder, failures } = start('gone', { folder: join(home, 'nosuch') });
  await until(() => failures.length > 0, 'the disk refused');
  expect(failures[0]?.message).toMatch(/^cannot go on recording to .*nosuch: .*ENOENT/);
  await recorder.stop();
  expect(failures).toHaveLength(1);
});

test.each([
  ['a symbol that is not listed', ['--symbols', 'BTC/USDX'], /lists no BTC\/USDX .*did you mean BTC\/USDT/],
  [
    'a symbol of another market',
    ['--symbols', 'BTC/USDT:USDT'],
    /"BTC\/USDT:USDT" is none of .*spot symbols/,
  ],
  ['no symbol at all', [], /SYMBOLS has none of .*spot symbols, such as BTC\/USDT: name some with --symbols/],
  ['a market that is not there', ['--market', 'futures'], /sim has no market "futures": use spot/],
  [
    'an exchange of ccxt',
    ['--venue', 'ccxt:htx'],
    /ccxt:htx has no frames of its own .*use one of .*binance/,
  ],
])('%s is refused with what there is', async (_name, flags, sentence) => {
  const child = spawn(
    process.execPath,
    [...PROGRAM, 'record', '--venue', 'sim', '--market', 'spot', '--out', join(home, 'refused'), ...flags],
    {
      env: { ...process.env, SIM_URL: sim.url, SYMBOLS: 'BTC/USDT:USDT' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const said = text(child.stderr);
  expect((await once(child, 'exit'))[0]).toBe(2);
  expect((await said).trim().split('\n')).toEqual([expect.stringMatching(sentence)]);
});

test('Ctrl-C ends the command with whole files, whose paths it prints', async () => {
  const out = join(home, 'out');
  const child = spawn(
    process.execPath,
    [...PROGRAM, 'record', '--venue', 'sim', '--market', 'spot', '--out', out],
    { env: { ...process.env, SIM_URL: sim.url }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [printed, said] = [text(child.stdout), text(child.stderr)];
  await until(() => snapshotsIn(folderOf(out)[0]) === 2, 'both books were fetched');
  child.kill('SIGINT');
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect((await printed).trim().split('\n')).toEqual(folderOf(out));
  expect(await said).toMatch(/millrace: live\n(.*\n)*.* \d+ frames, 2 REST books, 0 bad frames/);
  const events = await normalized(folderOf(out)[0] ?? '');
  const kinds = new Set(events.map(({ type }) => type));
  expect([...kinds].sort()).toEqual(['book', 'candle', 'quote', 'trade']);
});

/** How many REST books a growing file has so far. */
function snapshotsIn(file: string | undefined): number {
  try {
    return file ? gunzipSync(readFileSync(file)).toString().split('{"snapshot_for"').length - 1 : 0;
  } catch {
    return 0;
  }
}

function folderOf(out: string): string[] {
  try {
    return readdirSync(out).map((name) => join(out, name));
  } catch {
    return [];
  }
}
