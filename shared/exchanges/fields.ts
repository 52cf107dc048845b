import { canonicalDecimal } from '../domain/decimal.ts';
import type { Level } from '../domain/market.ts';
import { RejectError } from '../errors.ts';
import { TimeReader } from './times.ts';
import type { BookTop } from './venue.ts';

/**
 * Checked reading of frames, one field at a time. Every reader throws a `RejectError` that names the field and
 * copies nothing but what it checked, so that no frame can leave half an event or touch a prototype.
 */
export type Fields = Readonly<Record<string, unknown>>;

const EARLIEST = Date.UTC(2009, 0, 3);
const LATEST = Date.UTC(2100, 0, 1);
const DAY = 86_400_000;
const LONGEST_DECIMAL = 48;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Refuses a frame of more than `most` characters, before any work is spent on it. */
export function checkLength(text: string, most: number): void {
  if (text.length > most) throw new RejectError(`frame of more than ${most} characters`, 'frame');
}

/** Parses a frame that must be a JSON object or array. */
export function parseFrame(text: string): unknown {
  const first = text.charCodeAt(0);
  if (first !== 0x7b && first !== 0x5b) throw new RejectError('not a JSON object', 'frame');
  try {
    return JSON.parse(text);
  } catch {
    throw new RejectError('not valid JSON', 'frame');
  }
}

export function readObject(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RejectError(`${where} is not an object`, where);
  }
  return value as Fields;
}

export function readArray(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RejectError(`${where} is not an array`, where);
  return value;
}

export function readText(value: unknown, where: string): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 64) {
    throw new RejectError(`${where} is not a short text`, where);
  }
  return value;
}

/** What the venue says of a request it refused, cut to a line. */
export function readReason(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new RejectError(`${where} is not a text`, where);
  return value.slice(0, 200);
}

export function readFlag(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new RejectError(`${where} is not true or false`, where);
  return value;
}

/** A whole number from 0 to 2^53 - 1. */
export function readCount(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new RejectError(`${where} is not a whole number`, where);
  }
  return value as number;
}

/** A decimal text of either sign, in its canonical spelling. */
export function readSigned(value: unknown, where: string): string {
  const text = canonicalDecimal(value);
  if (text === undefined || text.length > LONGEST_DECIMAL) {
    throw new RejectError(`${where} is not a decimal number`, where);
  }
  return text;
}

/** A decimal text that is zero or more, in its canonical spelling. */
export function readAmount(value: unknown, where: string): string {
  const text = readSigned(value, where);
  if (text.charCodeAt(0) === 0x2d) throw new RejectError(`${where} is negative`, where);
  return text;
}

/** A decimal text above zero, in its canonical spelling. */
export function readPositive(value: unknown, where: string): string {
  const text = readAmount(value, where);
  if (text === '0') throw new RejectError(`${where} is zero`, where);
  return text;
}

/** Price and size; size `"0"` removes the level. */
export function readLevel(price: unknown, size: unknown, where: string): Level {
  return [readPositive(price, where), readAmount(size, where)];
}

/** `[[price, size, …], …]` under these names, best first as the venue has them. */
export function readBookTop(book: unknown, bids = 'bids', asks = 'asks'): BookTop {
  const fields = readObject(book, 'book');
  const side = (name: string) =>
    readArray(fields[name], name).map((item) => {
      const level = readArray(item, name);
      return readLevel(level[0], level[1], name);
    });
  return { bids: side(bids), asks: side(asks) };
}

/** Milliseconds or, as some connections ask for, microseconds since the epoch → UTC ms. */
export function readEpoch(value: unknown, receivedAt: number, where: string): number {
  const count = readCount(value, where);
  return plausible(count > 1e14 ? Math.floor(count / 1000) : count, receivedAt, where);
}

/** `"1597026383085"` → UTC ms. */
export function readEpochText(value: unknown, receivedAt: number, where: string): number {
  if (!isDigits(value, 16)) {
    throw new RejectError(`${where} is not a time in digits`, where);
  }
  return readEpoch(Number(value), receivedAt, where);
}

/** A whole number as a text of digits, such as an id beyond 2^53. */
export function readDigits(value: unknown, where: string): string {
  if (!isDigits(value, 32)) {
    throw new RejectError(`${where} is not a text of digits`, where);
  }
  return value;
}

/** `2023-09-25T07:49:37.708706Z` → UTC ms, cut. */
export function readRfc3339(value: unknown, receivedAt: number, where: string): number {
  if (typeof value !== 'string') throw new RejectError(`${where} is not an RFC 3339 time`, where);
  const ts = times.read(value, 0);
  if (times.end === value.length && isPlausible(ts, receivedAt)) return ts;
  if (!RFC3339.test(value)) {
    throw new RejectError(`${where} is not an RFC 3339 time`, where);
  }
  return plausible(Date.parse(value), receivedAt, where);
}

const times = new TimeReader();

/** A text of one to `longest` digits and nothing else. */
export function isDigits(value: unknown, longest: number): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > longest) return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** Between the first block and 2100, and not a day ahead of its receipt. */
export function isPlausible(ts: number, receivedAt: number): boolean {
  return ts >= EARLIEST && ts < LATEST && ts <= receivedAt + DAY;
}

function plausible(ts: number, receivedAt: number, where: string): number {
  if (isPlausible(ts, receivedAt)) return ts;
  throw new RejectError(`${where} is no plausible time`, where);
}
