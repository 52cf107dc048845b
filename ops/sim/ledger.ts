import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../../shared/errors.ts';
import { fromWire, type Listing, toWire } from './listing.ts';
import type { TapeTrade } from './tape.ts';

const FILE_BYTES = 16 * 2 ** 20;
const FILE_MS = 3_600_000;
const KEEP_MS = 6 * 3_600_000;
const KEEP_BYTES = 2 ** 30;

type Range = { first: number; last: number };
/** `ranges` is undefined for a file of an earlier run that has not been read. */
type File = { path: string; createdAt: number; bytes: number; ranges?: Map<string, Range> };

/**
 * The venue's ground truth: every trade, one NDJSON line each, in files `ledger-<created, ms>.jsonl` of one folder:
 * `{"s":"BTCUSDT","t":<id>,"p":"60000.01000000","q":"0.00100000","T":<ms>,"m":<buyer is maker>}`.
 *
 * `flush` hands the lines to the kernel before it returns, so whatever is sent afterwards survives `kill -9` (not a
 * power cut). A file ends at 16 MiB or after an hour; six hours and 1 GiB are kept.
 */
export class Ledger {
  readonly #folder: string;
  readonly #files: File[];
  #fd: number | undefined;
  #buffer: string[] = [];

  private constructor(folder: string, files: File[]) {
    this.#folder = folder;
    this.#files = files;
  }

  /** @throws {UserError} when the folder cannot be written */
  static open(folder: string): Ledger {
    try {
      mkdirSync(folder, { recursive: true });
      const names = readdirSync(folder).filter((name) => /^ledger-\d+\.jsonl$/.test(name));
      const files = names.sort().map((name) => describe(folder, name));
      cutTornLine(files.at(-1));
      return new Ledger(folder, files);
    } catch (error) {
      throw unwritable(folder, error);
    }
  }

  get size(): { files: number; bytes: number } {
    return { files: this.#files.length, bytes: this.#files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Reads the newest files back, oldest line first, as many as fit into `maxBytes`. */
  recall(maxBytes: number, onTrade: (id: string, trade: WireTrade) => void): void {
    let first = this.#files.length;
    for (let bytes = 0; first > 0; first--) {
      bytes += this.#files[first - 1]?.bytes ?? 0;
      if (bytes > maxBytes) break;
    }
    const newest = this.#files.slice(first);
    for (const file of newest) {
      file.ranges = new Map();
      for (const line of readFileSync(file.path, 'utf8').split('\n')) {
        if (!line) continue;
        const trade = JSON.parse(line) as WireTrade;
        widen(file.ranges, trade.s, trade.t);
        onTrade(trade.s, trade);
      }
    }
  }

  add({ id, priceDecimals, sizeDecimals }: Listing, trade: TapeTrade, at: number): void {
    const file = this.#fileFor(at);
    const price = toWire(trade.ticks, priceDecimals);
    const size = toWire(trade.lots, sizeDecimals);
    const line = `{"s":"${id}","t":${trade.id},"p":"${price}","q":"${size}","T":${trade.ts},"m":${trade.buyerIsMaker}}\n`;
    this.#buffer.push(line);
    file.bytes += line.length;
    widen(file.ranges as Map<string, Range>, id, trade.id);
  }

  /** Everything added so far is in the file when this returns. */
  flush(): void {
    if (!this.#buffer.length || this.#fd === undefined) return;
    writeFileSync(this.#fd, this.#buffer.join(''));
    this.#buffer = [];
  }

  /** The ledger's own lines of one symbol with ids in `[fromId, toId]`, in order, as chunks of NDJSON. */
  async *read(id: string, fromId: number, toId: number): AsyncGenerator<string> {
    this.flush();
    const prefix = `{"s":"${id}","t":`;
    for (const file of [...this.#files]) {
      if (!file.bytes || !mayHold(file, id, fromId, toId) || !existsSync(file.path)) continue;
      let rest = '';
      for await (const chunk of createReadStream(file.path, { end: file.bytes - 1, encoding: 'latin1' })) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        const wanted = lines.filter((line) => {
          const trade = line.startsWith(prefix) ? Number.parseInt(line.slice(prefix.length), 10) : -1;
          return trade >= fromId && trade <= toId;
        });
        if (wanted.length) yield `${wanted.join('\n')}\n`;
      }
    }
  }

  close(): void {
    this.flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #fileFor(at: number): File {
    const current = this.#files.at(-1);
    if (this.#fd !== undefined && current && current.bytes < FILE_BYTES && at - current.createdAt < FILE_MS) {
      return current;
    }
    this.close();
    const createdAt = Math.max(at, (current?.createdAt ?? 0) + 1);
    const path = join(this.#folder, `ledger-${createdAt}.jsonl`);
    const file: File = { path, createdAt, bytes: 0, ranges: new Map() };
    this.#fd = openSync(path, 'ax');
    this.#files.push(file);
    this.#dropOld(at);
    return file;
  }

  /** A file is as old as its successor's beginning. */
  #dropOld(at: number): void {
    while (this.#files.length > 1) {
      const [oldest, successor] = this.#files as [File, File];
      if (at - successor.createdAt < KEEP_MS && this.size.bytes < KEEP_BYTES) return;
      rmSync(oldest.path, { force: true });
      this.#files.shift();
    }
  }
}

/** What to tell the person whose folder cannot take a ledger. */
export const unwritable = (folder: string, error: unknown) =>
  new UserError(
    `the simulated exchange cannot keep its ledger in ${folder} (${messageOf(error)}): set MILLRACE_HOME to a folder you may write`,
  );

/** A line of the ledger. */
export interface WireTrade {
  s: string;
  t: number;
  p: string;
  q: string;
  T: number;
  m: boolean;
}

export const fromLedger = (trade: WireTrade, { priceDecimals, sizeDecimals }: Listing): TapeTrade => ({
  id: trade.t,
  ts: trade.T,
  ticks: fromWire(trade.p, priceDecimals),
  lots: fromWire(trade.q, sizeDecimals),
  buyerIsMaker: trade.m,
});

function describe(folder: string, name: string): File {
  const path = join(folder, name);
  const createdAt = Number(name.slice('ledger-'.length, -'.jsonl'.length));
  return { path, createdAt, bytes: statSync(path).size };
}

/** A process that died in the middle of a write leaves a cut last line: its trade was never sent, so it goes. */
function cutTornLine(file: File | undefined): void {
  if (!file) return;
  const whole = readFileSync(file.path).lastIndexOf('\n') + 1;
  if (whole === file.bytes) return;
  truncateSync(file.path, whole);
  file.bytes = whole;
}

function mayHold({ ranges }: File, id: string, fromId: number, toId: number): boolean {
  const range = ranges?.get(id);
  if (!ranges) return true;
  return range !== undefined && range.first <= toId && range.last >= fromId;
}

function widen(ranges: Map<string, Range>, id: string, trade: number): void {
  const range = ranges.get(id);
  if (range) range.last = trade;
  else ranges.set(id, { first: trade, last: trade });
}
