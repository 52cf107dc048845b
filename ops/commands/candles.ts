import { CandleBuilder, type TradeFacts } from '../../shared/domain/candle-builder.ts';
import { type Interval, isInterval } from '../../shared/domain/market.ts';
import { RejectError, UserError } from '../../shared/errors.ts';
import { parseFrame, readCount, readObject, readPositive, readText } from '../../shared/exchanges/fields.ts';
import { writeOut } from '../output.ts';
import { Problems, readLines } from '../recording.ts';

export interface CandlesOptions {
  interval: string;
  /** The one to take of several. */
  symbol?: string;
}

/**
 * `millrace candles`: trade events as NDJSON in, CSV `timestamp,open,high,low,close,volume` out, timestamps in integer
 * UTC ms. Other events are passed over; lines that can't be read are summed up on stderr.
 * @throws {UserError} for an unknown interval, a file that can't be read, a symbol that it lacks, and several symbols of
 * which none was named
 */
export async function candles(file: string | undefined, options: CandlesOptions): Promise<void> {
  const { interval } = options;
  if (!isInterval(interval)) {
    throw new UserError(`--interval ${interval} is not valid: use 1s, 1m, 5m, 15m, 1h, 4h or 1d`);
  }
  const problems = new Problems();
  const builder = await collectTrades(file, { ...options, interval }, problems);
  const rows = builder
    .build()
    .map(({ ts, open, high, low, close, volume }) => `${ts},${open},${high},${low},${close},${volume}\n`);
  await writeOut(`timestamp,open,high,low,close,volume\n${rows.join('')}`);
  if (problems.count > 0) process.stderr.write(`millrace: ${problems.summary('line')}\n`);
}

/** The trades of a stream of events, in candles. @throws {UserError} as `candles` */
export async function collectTrades(
  file: string | undefined,
  { interval, symbol }: CandlesOptions & { interval: Interval },
  problems: Problems,
): Promise<CandleBuilder> {
  const name = file ?? 'standard input';
  const builder = new CandleBuilder(interval);
  let series: string | undefined;
  const others = new Set<string>();
  let line = 0;
  for await (const lines of readLines(file, name)) {
    for (const text of lines) {
      line++;
      if (text.trim() === '') continue;
      problems.frames++;
      const trade = tryRead(text, line, problems);
      if (!trade) continue;
      if (symbol !== undefined && trade.symbol !== symbol) {
        others.add(trade.symbol);
        continue;
      }
      series ??= trade.series;
      if (trade.series !== series) {
        throw new UserError(
          `${name} has trades of ${series} and of ${trade.series}: name one with --symbol, from one venue`,
        );
      }
      builder.add(trade.facts);
    }
  }
  if (problems.frames > 0 && problems.count === problems.frames) {
    throw new UserError(`${name} holds no events: no line is one as "millrace normalize" writes them`);
  }
  if (series === undefined && others.size > 0) {
    throw new UserError(`${name} has no trade of ${symbol}: there is ${[...others].join(', ')}`);
  }
  return builder;
}

interface ReadTrade {
  symbol: string;
  /** Venue and symbol. */
  series: string;
  facts: TradeFacts;
}

function tryRead(text: string, line: number, problems: Problems): ReadTrade | undefined {
  try {
    const event = readObject(parseFrame(text), 'event');
    if (readText(event.type, 'type') !== 'trade') return undefined;
    const symbol = readText(event.symbol, 'symbol');
    const facts = {
      id: readText(event.id, 'id'),
      price: readPositive(event.price, 'price'),
      size: readPositive(event.size, 'size'),
      ts: readCount(event.ts, 'ts'),
    };
    const venue = event.venue === undefined ? '' : readText(event.venue, 'venue');
    return { symbol, series: `${venue} ${symbol}`.trim(), facts };
  } catch (error) {
    if (!(error instanceof RejectError)) throw error;
    problems.add(line, error.message);
    return undefined;
  }
}
