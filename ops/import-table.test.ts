import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from './migrations.ts';

/**
 * A room: what its files may import beside themselves and Node. Paths end in `/`, files in `.ts`, packages do not. A
 * file that is named may be imported even from a room that is ruled out.
 */
interface Room {
  path: string;
  may: string[];
}

const BASE = [
  'shared/config.ts',
  'shared/errors.ts',
  'shared/log.ts',
  'shared/clock.ts',
  'shared/lifecycle.ts',
  'shared/metrics.ts',
];
const PURE = ['shared/domain/', 'shared/errors.ts'];

/** Who may import whom; the first room whose path fits a file is its room. */
const ROOMS: Room[] = [
  { path: 'shared/domain/', may: ['shared/errors.ts', 'big.js'] },
  { path: 'shared/indicators/', may: [...PURE, 'trading-signals', 'zod'] },
  { path: 'shared/strategies/', may: [...PURE, 'shared/indicators/', 'trading-signals', 'zod'] },
  { path: 'shared/tasks/', may: [...PURE, 'shared/strategies/', 'zod'] },
  {
    path: 'shared/queue/',
    may: [...BASE, 'shared/domain/', 'shared/tasks/', 'bullmq', 'ioredis', 'redlock', 'prom-client'],
  },
  { path: 'shared/db/', may: [...BASE, 'shared/domain/', 'shared/tasks/', 'postgres'] },
  { path: 'shared/exchanges/', may: [...BASE, 'shared/domain/', 'ws', 'ccxt', 'zod'] },
  { path: 'shared/prices/', may: [...BASE, 'shared/domain/', 'shared/db/', 'ioredis'] },
  { path: 'shared/', may: ['zod', 'pino', 'prom-client'] },
  { path: 'producers/', may: ['shared/', '!shared/db/', '!shared/exchanges/trading/', 'ioredis', 'ws'] },
  { path: 'workers/execution/', may: ['shared/', 'workers/context.ts'] },
  { path: 'workers/pool/', may: ['shared/', 'workers/context.ts', 'bullmq', 'ioredis'] },
  {
    path: 'workers/',
    may: [
      'shared/',
      '!shared/exchanges/trading/',
      'workers/context.ts',
      'echarts',
      '@resvg/resvg-js',
      'nodemailer',
      'ioredis',
      '@expo-google-fonts/inter',
      'zod',
    ],
  },
  // The console's one look at the API: types, which leave nothing in the page.
  { path: 'api/console/src/data/wire.ts', may: ['api/live/live.ts', 'api/routes/', 'zod'] },
  {
    path: 'api/console/',
    may: [
      'api/console/src/data/wire.ts',
      'react',
      'react-dom',
      '@mantine/core',
      '@mantine/hooks',
      '@tanstack/react-query',
      'lightweight-charts',
      'vite',
      '@vitejs/plugin-react',
    ],
  },
  {
    path: 'api/',
    may: [
      'shared/',
      '!shared/exchanges/',
      // Which markets there are and which a cluster watches: data, from which no exchange can be reached.
      'shared/exchanges/entries.ts',
      'shared/exchanges/venue-table.ts',
      'shared/exchanges/ccxt/in-thread.ts',
      '@bull-board/api',
      '@bull-board/express',
      '@node-rs/argon2',
      'bullmq',
      'express',
      'express-rate-limit',
      'helmet',
      'ioredis',
      'jose',
      'prom-client',
      'swagger-ui-dist',
      'ws',
      'zod',
      'zod-openapi',
      'postgres',
    ],
  },
];

/** Rooms whose folders know nothing of each other. */
const SEPARATE = /^workers\/(?!pool\/)([a-z-]+)\//;
/** The list of handlers sits above the workers' folders. */
const ASSEMBLIES = ['workers/handlers.ts'];

test('every import is allowed by the table of the rooms', () => {
  const violations = sources()
    .filter((file) => !isExempt(file))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !isAllowed(file, target))
        .map((target) => `${file} imports ${target}`),
    );
  expect(violations).toEqual([]);
});

test('nobody imports ops', () => {
  const importers = sources().filter(
    (file) => !isExempt(file) && importsOf(file).some((target) => target.startsWith('ops/')),
  );
  expect(importers).toEqual([]);
});

test('only shared/config.ts reads the environment', () => {
  const readers = sources().filter(
    (file) => !isTest(file) && /process\.(env|loadEnvFile)\b/.test(textOf(file)),
  );
  expect(readers).toEqual(['shared/config.ts']);
});

test('every command is loaded by its verb alone, so that importing the command line does nothing', () => {
  expect(importsOf('ops/cli.ts', STATIC_IMPORT)).toEqual([
    'commander',
    'shared/errors.ts',
    'shared/tasks/define.ts',
  ]);
});

test('importing a file does nothing: no statement at the top of a module acts', () => {
  const acting = sources()
    .filter((file) => !isTest(file) && !ENTRIES.test(file))
    .flatMap((file) => actingLines(file).map((line) => `${file}: ${line}`));
  expect(acting).toEqual([]);
});

/** Where a process, a thread or a page begins. */
const ENTRIES = /^(ops\/main\.ts|ops\/cli\.ts|api\/console\/|ops\/bin\/|.*\bthread[a-z-]*\.ts$)/;

function isAllowed(file: string, target: string): boolean {
  const room = ROOMS.find(({ path }) => file.startsWith(path));
  if (!room || ASSEMBLIES.includes(file)) return true;
  const [folder] = SEPARATE.exec(file) ?? [];
  if (folder ? target.startsWith(folder) : isInRoom(room, target)) return true;
  if (room.may.includes(target)) return true;
  const fits = (entry: string) => (entry.endsWith('/') ? target.startsWith(entry) : target === entry);
  if (room.may.some((entry) => entry.startsWith('!') && fits(entry.slice(1)))) return false;
  return room.may.some(fits);
}

/** `shared/*.ts` is the room of the files only; a folder room is everything below it that is no room of its own. */
function isInRoom({ path }: Room, target: string): boolean {
  return ROOMS.find((room) => target.startsWith(room.path))?.path === path;
}

const isTest = (file: string) => file.endsWith('.test.ts') || /\/testing\//.test(file);
const isExempt = (file: string) => isTest(file) || file.startsWith('ops/');

function sources(): string[] {
  return ['shared', 'producers', 'workers', 'api', 'ops'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .map((name) => join(room, name))
      .filter((file) => /\.tsx?$/.test(file) && !file.includes('node_modules')),
  );
}

/** Static, type-only and dynamic imports: files by their path from the root, packages by their name. */
const ANY_IMPORT = /^(?:import|export|\}).*? from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;
const STATIC_IMPORT = /^(?:import|export|\}).*? from '([^']+)'|^import '([^']+)'/gm;

function importsOf(file: string, pattern = ANY_IMPORT): string[] {
  return [...textOf(file).matchAll(pattern)].flatMap((match) => {
    const specifier = match.slice(1).find(Boolean) ?? '';
    if (specifier.startsWith('.')) return [normalize(join(dirname(file), specifier))];
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    return builtinModules.includes(name.replace('node:', '')) || name.startsWith('node:') ? [] : [name];
  });
}

/** Lines at the margin that are a call or an await: everything else at a module's top declares something. */
function actingLines(file: string): string[] {
  return textOf(file)
    .replaceAll(/`[^`]*`/g, '')
    .split('\n')
    .filter((line) => /^(await |void |new |[a-zA-Z_$][\w$.]*\()/.test(line));
}

const texts = new Map<string, string>();
function textOf(file: string): string {
  let text = texts.get(file);
  if (text === undefined) {
    text = readFileSync(join(ROOT, file), 'utf8');
    texts.set(file, text);
  }
  return text;
}
