import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { DAY_MS } from './clock.ts';
import { UserError } from './errors.ts';
import { maskUrl } from './log.ts';

/** One row of the settings table: what `.env.example` and `millrace config` print. */
type Setting = { schema: z.ZodType; help: string; secret?: boolean };

const list = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
const names = (fallback: string) => z.string().default(fallback).transform(list);
/** At least one of a kind, none twice. */
const some = (what: z.ZodString) =>
  z
    .array(what)
    .min(1, 'must name at least one')
    .superRefine((items, context) => {
      const twice = items.find((item, index) => items.indexOf(item) < index);
      if (twice !== undefined) context.addIssue(`names ${twice} twice`);
    });
const whole = (fallback: number, min: number, max: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .int()
    .min(min)
    .max(max)
    .default(fallback);
const choice = <const T extends [string, ...string[]]>(...words: T) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` });
const amount = (fallback: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a plain decimal number, such as 0.001')
    .default(fallback);
/** Kept as text; `daysMs` has it in milliseconds. */
const days = z.string().regex(/^[1-9]\d{0,4}d$/, 'must be a number of days, such as 90d');
const url = (...schemes: string[]) =>
  z
    .string()
    .refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text), {
      message: `must be a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`,
    })
    .optional();

const ENTRY = /^[a-z0-9_-]+(:[a-z0-9_-]+){0,2}$/;
const SYMBOL = /^[A-Za-z0-9]+\/[A-Za-z0-9]+(:[A-Za-z0-9]+(-\d{6})?)?$/;

/** Every setting, its default and its meaning. This file is the only reader of the environment. */
export const SETTINGS = {
  SUPPORTED_EXCHANGES: {
    schema: names('sim')
      .transform((entries) => entries.map((entry) => entry.replace(/:spot$/, '')))
      .pipe(some(z.string().regex(ENTRY, 'must be exchanges, such as binance, binance:usdm or ccxt:htx'))),
    help: 'exchanges to record, by comma: binance is its spot market, binance:usdm another, ccxt:htx one of ccxt; `millrace venues` lists them',
  },
  SYMBOLS: {
    schema: names('BTC/USDT,ETH/USDT').pipe(
      some(z.string().regex(SYMBOL, 'must be unified symbols, such as BTC/USDT or BTC/USDT:USDT')),
    ),
    help: 'unified symbols, as ccxt has them, by comma; each exchange takes those of its market',
  },
  INTERVALS: {
    schema: names(''),
    help: 'candle intervals to record; empty takes 1s and 1m on sim, 1m elsewhere',
  },
  REDIS_URL: {
    schema: url('redis', 'rediss'),
    help: 'Redis 6.2+ or Valkey; where it is empty `millrace up` starts one',
    secret: true,
  },
  TIMESCALEDB_URL: {
    schema: url('postgres', 'postgresql'),
    help: 'PostgreSQL 14+, with or without TimescaleDB; where it is empty `millrace up` starts one',
    secret: true,
  },
  HOST: { schema: z.string().default('127.0.0.1'), help: 'address that the api listens on' },
  PORT: { schema: whole(3000, 1, 65_535), help: 'port of the api and the console' },
  MILLRACE_HOME: { schema: z.string().default('.millrace'), help: 'the one folder for all local data' },
  NAMESPACE: {
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens')
      .default('millrace'),
    help: 'prefix of our keys, queues and channels in Redis',
  },
  LOG_LEVEL: {
    schema: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal').default('info'),
    help: 'how much to log',
  },
  SHARDS: { schema: whole(2, 1, 64), help: 'archive queues; a symbol always hashes to the same one' },
  BATCH_MAX_EVENTS: { schema: whole(2000, 1, 10_000), help: 'a batch leaves when it holds so many events' },
  BATCH_MAX_MS: { schema: whole(10, 1, 10_000), help: 'or when it is so many milliseconds old' },
  BUFFER_MAX_EVENTS: {
    schema: whole(500_000, 1_000, 100_000_000),
    help: 'events a producer holds in memory when neither queue nor spool takes them; what comes beyond is a gap',
  },
  SPOOL_MAX_MB: {
    schema: whole(1_024, 0, 1_000_000),
    help: 'disk that a producer may fill in MILLRACE_HOME/spool while the queues take nothing; 0 for memory alone',
  },
  QUEUE_MAX_BATCHES: {
    schema: whole(1_000, 10, 1_000_000),
    help: 'batches that may wait on one archive queue in Redis; what comes beyond waits in the spool',
  },
  LISTING_CHECK_SECONDS: {
    schema: whole(180, 1, 86_400),
    help: 'how often each exchange is asked whether it still lists the symbols',
  },
  BOOK_SNAPSHOT_MS: { schema: whole(1000, 100, 3_600_000), help: 'how often a book snapshot is archived' },
  ORDER_FLOW_MS: {
    schema: whole(1000, 0, 3_600_000),
    help: 'how often order-flow facts (imbalance, spread, depth, slippage) are archived; 0 for never',
  },
  ORDER_FLOW_DEPTH_BP: {
    schema: whole(10, 1, 10_000),
    help: 'their depth is what rests within so many basis points of the mid price',
  },
  ORDER_FLOW_NOTIONAL: {
    schema: whole(10_000, 1, 1_000_000_000),
    help: 'their slippage is of a market order for so much of the quote currency',
  },
  STRATEGIES: {
    schema: names('sma-cross').pipe(z.array(z.string()).min(1, 'must name at least one strategy')),
    help: 'strategies that look for signals, by comma: sma-cross, flow-cross (the same where order flow agrees)',
  },
  RETENTION_TRADES: { schema: days.optional(), help: 'trades older than this are dropped; empty keeps all' },
  RETENTION_BOOKS: {
    schema: days.optional(),
    help: 'book snapshots older than this are dropped; empty keeps all',
  },
  RETENTION_ORDER_FLOW: {
    schema: days.optional(),
    help: 'order-flow facts older than this are dropped; empty keeps all',
  },
  RETENTION_RATES: {
    schema: days.optional(),
    help: 'funding rates and mark prices older than this are dropped; empty keeps all',
  },
  RETENTION_CANDLES: {
    schema: days.optional(),
    help: 'candles, the venues’ and our own, older than this are dropped; empty keeps all',
  },
  RETENTION_MAIL: { schema: days.optional(), help: 'mail sent longer ago is deleted; empty keeps all' },
  COMPRESS_AFTER: {
    schema: z
      .union([days, z.literal('never')], { error: 'must be a number of days, such as 3d, or never' })
      .default('3d'),
    help: 'with TimescaleDB, archived days older than this are compressed; never: none are',
  },
  AUTOPILOT: {
    schema: choice('on', 'off').default('on'),
    help: 'paper autopilot: turns signals into paper orders (live trading does not exist yet)',
  },
  DAILY_TRADE_LIMIT: { schema: whole(1000, 0, 1_000_000), help: 'orders an autopilot may place per UTC day' },
  PAPER_CASH: { schema: amount('100000'), help: 'opening cash of the paper account, in the quote currency' },
  PAPER_FEE: {
    schema: amount('0.001').refine((fee) => Number(fee) < 1, 'must be below 1'),
    help: 'taker fee of the paper account, a fraction of the notional',
  },
  ORDER_FRACTION: {
    schema: amount('0.1').refine(
      (share) => Number(share) > 0 && Number(share) <= 1,
      'must be above 0 and at most 1',
    ),
    help: 'share of the cash a buy spends',
  },
  SMTP_URL: {
    schema: url('smtp', 'smtps'),
    help: 'mail server; empty keeps mail in the outbox',
    secret: true,
  },
  MAIL_FROM: { schema: z.string().default('millrace@localhost'), help: 'sender of our mail' },
  MAIL_TO: {
    schema: names('').pipe(z.array(z.string().includes('@', 'must be mail addresses'))),
    help: 'receivers of signals and reports, by comma',
  },
  ADMIN_PASSWORD: {
    schema: z.string().min(12, 'must have at least 12 characters').optional(),
    help: "the first admin's password; empty makes one and prints it once",
    secret: true,
  },
  SESSION_SECRET: {
    schema: z.string().min(32, 'must have at least 32 characters').optional(),
    help: 'signs sessions; `millrace up` makes and keeps one, every other way to run the api must set it',
    secret: true,
  },
  METRICS_TOKEN: {
    schema: z.string().min(16, 'must have at least 16 characters').optional(),
    help: 'bearer token with which Prometheus may read /metrics without a login',
    secret: true,
  },
  SIM_URL: { schema: url('http'), help: 'address of the simulated exchange; `millrace up` sets it' },
  REHEARSAL: {
    schema: choice('on', 'off').default('off'),
    help: 'on: every venue is the simulated exchange, in its own dialect, and nothing real is recorded; use a MILLRACE_HOME of its own',
  },
  SIM_SEED: { schema: whole(42, 0, 2 ** 31 - 1), help: 'seed of the simulated exchange' },
  SIM_EVENTS_PER_SECOND: {
    schema: whole(40, 1, 50_000),
    help: 'trades and book updates it makes, all symbols together',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type Config = Readonly<{ [K in SettingName]: z.output<(typeof SETTINGS)[K]['schema']> }>;
type Environment = Record<string, string | undefined>;

/**
 * Reads `.env` (where there is one) and the environment, once, into typed values; an empty value counts as unset.
 * @throws {UserError} naming the first bad setting, its value unless secret, and what it must be
 */
export function loadConfig(environment: Environment = environmentWithDotEnv()): Config {
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const text = environment[name]?.trim() || undefined;
    const parsed = setting.schema.safeParse(text);
    if (!parsed.success) {
      const shown = setting.secret ? '' : `=${text}`;
      throw new UserError(
        `${name}${shown} is not valid: ${parsed.error.issues[0]?.message} (${setting.help})`,
      );
    }
    config[name] = parsed.data;
  }
  config.MILLRACE_HOME = resolve(config.MILLRACE_HOME as string);
  return config as Config;
}

/** A setting that this process cannot do without. */
export function requireSetting<K extends SettingName>(config: Config, name: K): NonNullable<Config[K]> {
  const value = config[name];
  if (value === undefined) throw new UserError(`${name} is not set: ${SETTINGS[name].help}`);
  return value as NonNullable<Config[K]>;
}

/** A setting of days, such as `90d`, in milliseconds. */
export const daysMs = (text: string): number => Number.parseInt(text, 10) * DAY_MS;

/** Whether there is a server to send mail by and somebody to send it to. */
export const canMail = ({ SMTP_URL, MAIL_TO }: Pick<Config, 'SMTP_URL' | 'MAIL_TO'>): boolean =>
  Boolean(SMTP_URL) && MAIL_TO.length > 0;

/** Name, value as text (secrets masked) and meaning of every setting, in the order of the table. */
export function describeConfig(config: Config): { name: SettingName; value: string; help: string }[] {
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { help, secret } = SETTINGS[name] as Setting;
    const value = config[name];
    const text = value === undefined ? '' : String(value);
    return { name, value: secret && text ? (maskUrl(text) ?? '***') : text, help };
  });
}

/** The environment a child process needs to see the same settings. */
function toEnvironment(config: Config): Record<string, string> {
  const pairs = Object.entries(config).filter(([, value]) => value !== undefined);
  return Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]));
}

/** Our own environment with the settings of `config`, and only those, for a child process of ours. */
export function childEnvironment(config: Config): Record<string, string | undefined> {
  const unset = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
  return { ...process.env, ...unset, ...toEnvironment(config) };
}

function environmentWithDotEnv(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
