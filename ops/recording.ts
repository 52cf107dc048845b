import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import type { MarketEvent } from '../shared/domain/market.ts';
import { messageOf, RejectError, UserError } from '../shared/errors.ts';
import { readObject, readText } from '../shared/exchanges/fields.ts';
import type { Mapper, Venue } from '../shared/exchanges/venue.ts';

/**
 * Recordings: text, gzip understood, one `<receive time in ns since the epoch> <frame as received>` a line; a REST
 * book stands where it arrived as `{"snapshot_for":"<the venue's symbol>","body":<raw body>}`.
 */
export interface RecordedFrame {
  /** From 1. */
  line: number;
  /** UTC ms. */
  receivedAt: number;
  frame: string;
}

/** Lines and frames that could not be read, by reason, each with its first line. */
export class Problems {
  /** Frames that were tried, good and bad. */
  frames = 0;
  count = 0;
  readonly #reasons = new Map<string, { count: number; line: number }>();

  add(line: number, reason: string): void {
    this.count++;
    const seen = this.#reasons.get(reason);
    if (seen) seen.count++;
    else this.#reasons.set(reason, { count: 1, line });
  }

  /** `3 frames could not be read: not valid JSON (2, first in line 7); p is negative (1, first in line 9)` */
  summary(unit = 'frame'): string {
    const reasons = [...this.#reasons].map(
      ([reason, { count, line }]) => `${reason} (${count}, first in line ${line})`,
    );
    return `${this.count} ${this.count === 1 ? unit : `${unit}s`} could not be read: ${reasons.join('; ')}`;
  }
}

/**
 * The normalized events of a recording, in order, a batch for each stretch of the file; unreadable frames go to
 * `problems` and leave no event.
 * @throws {UserError} when the file can't be read, is no recording, or holds no frame that the venue could have sent
 */
export async function* readEvents(
  file: string | undefined,
  venue: Venue,
  problems: Problems,
): AsyncGenerator<MarketEvent[]> {
  const mapper = venue.createMapper();
  let refused = 0;
  for await (const frames of readFrames(file, problems)) {
    const events: MarketEvent[] = [];
    problems.frames += frames.length;
    for (const recorded of frames) {
      try {
        for (const event of readFrame(mapper, recorded)) events.push(event);
      } catch (error) {
        if (!(error instanceof RejectError)) throw error;
        problems.add(recorded.line, error.message);
        refused++;
      }
    }
    yield events;
  }
  if (refused > 0 && refused === problems.frames) {
    const name = file ?? 'standard input';
    throw new UserError(`${name} holds no frame of ${venue.label}: ${problems.summary()}`);
  }
}

/**
 * The frames of a recording, a batch for each stretch of the file; reads no faster than it is consumed.
 * @throws {UserError} when the file can't be read or is no recording
 */
export async function* readFrames(
  file: string | undefined,
  problems: Problems,
): AsyncGenerator<RecordedFrame[]> {
  const name = file ?? 'standard input';
  let line = 0;
  let good = 0;
  for await (const lines of readLines(file, name)) {
    const frames: RecordedFrame[] = [];
    for (const written of lines) {
      const text = written.endsWith('\r') ? written.slice(0, -1) : written;
      line++;
      if (text === '') continue;
      const frame = parseLine(text, line);
      if (frame) frames.push(frame);
      else problems.add(line, 'not "<receive time in ns> <frame>"');
    }
    good += frames.length;
    if (frames.length > 0) yield frames;
  }
  if (good === 0 && problems.count > 0) {
    throw new UserError(
      `${name} is not a recording: no line reads "<receive time in ns since the epoch> <frame>"`,
    );
  }
}

const INLINE_SNAPSHOT = '{"snapshot_for"';

function readFrame(mapper: Mapper, { frame, receivedAt }: RecordedFrame): readonly MarketEvent[] {
  if (frame.startsWith(INLINE_SNAPSHOT)) {
    const { snapshot_for: symbol, body } = readObject(parseJson(frame), 'snapshot');
    const wireSymbol = readText(symbol, 'snapshot_for');
    return [mapper.readSnapshot(wireSymbol, typeof body === 'string' ? parseJson(body) : body, receivedAt)];
  }
  const reading = mapper.read(frame, receivedAt);
  return reading.kind === 'events' ? reading.events : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RejectError('not valid JSON', 'frame');
  }
}

const EARLIEST_MS = Date.UTC(2009, 0, 3);
const LATEST_MS = Date.UTC(2100, 0, 1);

function parseLine(text: string, line: number): RecordedFrame | undefined {
  const space = text.indexOf(' ');
  if (space < 17 || space > 20) return undefined;
  const receivedAt = Number(text.slice(0, space - 6));
  if (!(receivedAt >= EARLIEST_MS && receivedAt < LATEST_MS && Number.isInteger(receivedAt)))
    return undefined;
  return { line, receivedAt, frame: text.slice(space + 1) };
}

/** Whole lines as they become available; the last one needs no line break. */
export async function* readLines(file: string | undefined, name: string): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  for await (const chunk of readBytes(file, name)) {
    const lines = decoder.write(chunk).split('\n');
    rest.push(lines[0] as string);
    if (lines.length === 1) continue;
    lines[0] = rest.join('');
    rest = [lines.pop() as string];
    yield lines;
  }
  rest.push(decoder.end());
  yield [rest.join('')];
}

const CHUNK_BYTES = 256 * 1024;

async function* readBytes(file: string | undefined, name: string): AsyncGenerator<Buffer> {
  const source = file === undefined ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  try {
    const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
    const first = await chunks.next();
    if (first.done) return;
    const bytes = prepend(first.value, chunks);
    yield* isGzip(first.value) ? gunzip(bytes) : bytes;
  } catch (error) {
    throw new UserError(`cannot read ${name}: ${remedyOf(error)}`, { cause: error });
  } finally {
    source.destroy();
  }
}

const isGzip = (chunk: Buffer) => chunk[0] === 0x1f && chunk[1] === 0x8b;

/** The callback is for show: a failure ends the stream that is read, and is thrown there. */
const gunzip = (bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
  pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => {});

async function* prepend(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

function remedyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder, name a file in it';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'Z_BUF_ERROR') return 'its gzip ends early, the copy is not whole';
  if (code?.startsWith('Z_')) return `its gzip is damaged (${messageOf(error)})`;
  return messageOf(error);
}
