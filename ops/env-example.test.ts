import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from '@jest/globals';
import { loadConfig, SETTINGS } from '../shared/config.ts';
import { envExample } from './env-example.ts';
import { ROOT } from './migrations.ts';
import { planProcesses } from './up/plan.ts';

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');

test('.env.example lists every setting with its default (rewritten here; commit it when it changed)', () => {
  const kept = read('.env.example');
  if (kept !== envExample()) writeFileSync(join(ROOT, '.env.example'), envExample());
  expect(kept).toBe(envExample());
});

test('.env.example with every # taken away gives the defaults', () => {
  const lines = read('.env.example')
    .split('\n')
    .filter((line) => /^# [A-Z_]+=/.test(line));
  expect(lines).toHaveLength(Object.keys(SETTINGS).length);
  expect(loadConfig(parseEnv(lines.map((line) => line.slice(2)).join('\n')))).toEqual(loadConfig({}));
});

test('the Procfile starts every process that `millrace up` starts', () => {
  const commands = read('Procfile')
    .split('\n')
    .map((line) => line.split('dist/ops/main.js ')[1]);
  const config = loadConfig({ SUPPORTED_EXCHANGES: 'sim,binance,bitget,bybit,coinbase,gate,kraken,okx' });
  for (const { args } of planProcesses(config, 3901)) expect(commands).toContain(args.join(' '));
});

test('docker-compose.yml hands every setting on, but for the folder, which the image has', () => {
  const compose = read('docker-compose.yml');
  const lost = Object.keys(SETTINGS).filter((name) => !new RegExp(`^ +${name}: `, 'm').test(compose));
  expect(lost).toEqual(['MILLRACE_HOME']);
  const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
  expect(loadConfig(empty)).toEqual(loadConfig({}));
});
