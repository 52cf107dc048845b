import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../shared/errors.ts';
import { QUEUE_NAMES } from '../shared/tasks/define.ts';

/**
 * The `millrace` command: the stable face for people, scripts and tests. Data on stdin and stdout, messages on
 * stderr. A verb's code is loaded only when it runs.
 */
const program = new Command('millrace')
  .description('A self-hosted worker cluster for crypto trading, with an admin console')
  .showHelpAfterError('(add --help for what there is)')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'millrace: ')) })
  .exitOverride();

program
  .command('up')
  .description(
    'start everything on this machine: PostgreSQL, Redis, migrations, producers, pools, api, console',
  )
  .action(async () => (await import('./commands/up.ts')).up());

program
  .command('config')
  .description('print every setting with its value (secrets masked) and its meaning')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./commands/config.ts')).config(options));

program
  .command('migrate')
  .description('bring the schema of TIMESCALEDB_URL up to date')
  .action(async () => (await import('./commands/migrate.ts')).migrate());

program
  .command('venues')
  .description('the venue table: what can be recorded, and what can be promised of it')
  .option('--ccxt', 'also every exchange that ccxt streams')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./commands/venues.ts')).venues(options));

program
  .command('sim')
  .description('run the simulated exchange')
  .option('--port <number>', 'port to listen on, 0 for any', '0')
  .action(async (options) => (await import('./commands/sim.ts')).sim(options));

program
  .command('producer')
  .description('run one producer: the feed of an exchange of SUPPORTED_EXCHANGES, batched onto the queues')
  .requiredOption('--venue <name>', 'the exchange, such as sim, binance, binance:usdm or ccxt:htx')
  .action(async (options) => (await import('./commands/producer.ts')).producer(options));

program
  .command('worker')
  .description('run one pool of workers')
  .option('--name <name>', 'name of the pool, as the console shows it')
  .addOption(
    new Option('--queues <names>', `queues to consume, by comma: ${QUEUE_NAMES.join(', ')}`).default(
      QUEUE_NAMES.join(','),
      'all',
    ),
  )
  .action(async (options) => (await import('./commands/worker.ts')).worker(options));

program
  .command('api')
  .description('run the api and the console')
  .action(async () => (await import('./commands/api.ts')).api());

program
  .command('reset-password')
  .description("set a console user's password, read from stdin")
  .argument('<user>', 'name of the user')
  .action(async (user) => (await import('./commands/reset-password.ts')).resetPassword(user));

program
  .command('record')
  .description('keep the raw frames of a venue as recordings, until Ctrl-C; prints the files it wrote')
  .requiredOption('--venue <name>', 'the venue, such as sim, binance or kraken')
  .requiredOption('--market <name>', 'its market, such as spot')
  .option('--symbols <names>', 'unified symbols, by comma; those of SYMBOLS when absent')
  .option('--seconds <n>', 'how long; until Ctrl-C when absent')
  .option('--out <folder>', 'where the files go', 'recordings')
  .option('--rotate-mb <n>', 'compressed size at which a new file begins', '256')
  .option('--rotate-minutes <n>', 'age at which a new file begins', '60')
  .option('--json', 'a report as JSON instead of the paths')
  .action(async (options) => (await import('./commands/record.ts')).record(options));

program
  .command('replay')
  .description('feed a recording, or a stretch of the archive, through the running cluster')
  .requiredOption('--venue <name>', 'the venue that was recorded')
  .option('--market <name>', 'its market, such as spot; for a recording')
  .option('--from <time>', 'replay the archive from here on: a day, an ISO time or UTC ms')
  .option('--to <time>', 'up to here; now when absent')
  .option('--symbols <names>', 'unified symbols of the archive, by comma; all when absent')
  .option('--speed <speed>', 'real, full, or how many times as fast as it was recorded', 'full')
  .option('--json', 'closing line as JSON')
  .argument('[file]', 'a recording, gzip understood; stdin when absent')
  .action(async (file, options) => (await import('./commands/replay.ts')).replay(file, options));

program
  .command('normalize')
  .description('frames of a recording in, normalized events as NDJSON out')
  .requiredOption('--venue <name>', 'the venue that was recorded')
  .requiredOption('--market <name>', 'its market, such as spot')
  .argument('[file]', 'a recording, gzip understood; stdin when absent')
  .action(async (file, options) => (await import('./commands/normalize.ts')).normalize(file, options));

program
  .command('book')
  .description('frames of a recording in, the final order books as JSON out')
  .requiredOption('--venue <name>', 'the venue that was recorded')
  .requiredOption('--market <name>', 'its market, such as spot')
  .option('--depth <levels>', 'how many levels to print', '25')
  .argument('[file]', 'a recording, gzip understood; stdin when absent')
  .action(async (file, options) => (await import('./commands/book.ts')).book(file, options));

program
  .command('candles')
  .description('trade events as NDJSON in, candles as CSV out, timestamps in UTC ms')
  .requiredOption('--interval <interval>', 'length of a candle: 1s, 1m, 5m, 15m, 1h, 4h or 1d')
  .option('--symbol <symbol>', 'the symbol to take, where there are several')
  .argument('[file]', 'what `millrace normalize` writes, gzip understood; stdin when absent')
  .action(async (file, options) => (await import('./commands/candles.ts')).candles(file, options));

program
  .command('coverage')
  .description('by venue, symbol and UTC day: what share of the record of trades is known to be complete')
  .option('--venue <name>', 'only this venue')
  .option('--symbol <symbol>', 'only this symbol')
  .option('--from <day>', 'first day, such as 2026-11-15; a week ago when absent')
  .option('--to <day>', 'last day; today when absent')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./commands/coverage.ts')).coverage(options));

const bench = program.command('bench').description('measure, beside a reference of the same run');
bench
  .command('normalize')
  .description('frames to events, beside JSON.parse alone and ccxt’s own stream handlers')
  .option('--json', 'as JSON')
  .option('--venue <name>', 'only frames of this venue')
  .option('--market <name>', 'its market', 'spot')
  .option('--file <recording>', 'real frames in place of generated ones')
  .action(async (options) => (await import('./commands/bench-reading.ts')).benchNormalize(options));
bench
  .command('book')
  .description('frames to order books, beside ccxt’s')
  .option('--json', 'as JSON')
  .option('--venue <name>', 'only frames of this venue')
  .option('--market <name>', 'its market', 'spot')
  .option('--file <recording>', 'real frames in place of generated ones')
  .action(async (options) => (await import('./commands/bench-reading.ts')).benchBook(options));
bench
  .command('ingest')
  .description('socket to committed row, beside one job an event')
  .option('--json', 'as JSON')
  .option('--seconds <n>', 'how long to measure each side', '10')
  .action(async (options) => (await import('./commands/bench-ingest.ts')).benchIngest(options));
bench
  .command('archive')
  .description('rows a second into the archive beside plain COPY, bytes a trade, late rows, candles')
  .option('--json', 'as JSON')
  .option('--rows <n>', 'rows that each side writes in each of three rounds', '300000')
  .action(async (options) => (await import('./commands/bench-archive.ts')).benchArchive(options));
bench
  .command('latency')
  .description('event to committed row at a fixed rate, p50 and p99')
  .option('--json', 'as JSON')
  .option('--rate <n>', 'events per second', '10000')
  .option('--seconds <n>', 'how long to measure', '15')
  .action(async (options) => (await import('./commands/bench-latency.ts')).benchLatency(options));

const chaos = program.command('chaos').description('break things on purpose and count what was lost');
chaos
  .command('kill')
  .description('kill -9 each process in turn while events flow; compare with the simulated exchange’s ledger')
  .option('--json', 'as JSON')
  .option('--rate <n>', 'events per second', '5000')
  .option('--rounds <n>', 'times around all processes', '1')
  .action(async (options) => (await import('./commands/chaos-kill.ts')).chaosKill(options));

chaos
  .command('outage')
  .description('take Redis, then PostgreSQL, away under load; compare with the simulated exchange’s ledger')
  .option('--json', 'as JSON')
  .option('--rate <n>', 'events per second', '5000')
  .option('--redis <seconds>', 'how long Redis is away', '60')
  .option('--postgres <seconds>', 'how long PostgreSQL is away', '600')
  .action(async (options) => (await import('./commands/chaos-outage.ts')).chaosOutage(options));

chaos
  .command('feed')
  .description('cut, stall and garble the feeds of every venue; compare record and gap ledger with the truth')
  .option('--json', 'on one line')
  .option(
    '--cuts <n>',
    'times that every venue is cut off, from rest where its limit of connects asks for it',
    '20',
  )
  .option('--full', 'stalls, announced cuts, long outages and malformed frames in full number: half an hour')
  .option('--symbols <n>', 'of each venue', '2')
  .option('--rate <n>', 'events per second of each symbol', '8')
  .option('--venue <names>', 'only these, by comma, such as binance,okx:swap')
  .option('--faults <ids>', 'only these, by comma: X1 to X10')
  .option('--seed <n>', 'of the cuts and faults', '1')
  .action(async (options) => (await import('./commands/chaos-feed.ts')).chaosFeed(options));

chaos
  .command('soak')
  .description(
    'record many venues for a long time, as fast as the machine can; look at memory and completeness',
  )
  .option('--json', 'on one line')
  .option('--minutes <n>', 'how long', '20')
  .option('--venues <n>', 'producers, each on a venue of its own as far as there are any', '20')
  .option('--symbols <n>', 'symbols of each', '50')
  .action(async (options) => (await import('./commands/chaos-soak.ts')).chaosSoak(options));

/** Runs one command line; returns the exit code. A person's mistake is one sentence, never a stack trace. */
export async function main(argv: string[]): Promise<number> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      process.stderr.write(`millrace: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
}
