import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';

const LIMIT_BYTES = 20_000_000;
const TAIL_BYTES = 8_192;

/** Opens a log for appending, by a child as well; `from` is where what comes now begins. */
export function openLog(file: string): { fd: number; from: number; close(): void } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  rotate(file);
  const fd = openSync(file, 'a', 0o600);
  return { fd, from: statSync(file).size, close: () => closeSync(fd) };
}

/** Keeps a log under 20 MB and one predecessor of it; whoever has it open for appending goes on writing. */
export function rotate(file: string): void {
  if (!existsSync(file) || statSync(file).size < LIMIT_BYTES) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** What a log says since `from`, in one line: the newest fatal message of our own, a crash's error, or the last line. */
export function tail(file: string, from: number): string {
  const lines = readEnd(file, from).split('\n').filter(Boolean);
  const records = lines.map(parseRecord);
  const fatal = records.findLast((record) => record && record.level >= 60);
  const crash = lines.findLast((line) => /^\w*Error\b/.test(line));
  return (fatal?.text ?? crash ?? records.at(-1)?.text ?? lines.at(-1) ?? '').slice(0, 400);
}

function readEnd(file: string, from: number): string {
  if (!existsSync(file)) return '';
  const size = statSync(file).size;
  const start = Math.max(size < from ? 0 : from, size - TAIL_BYTES);
  const buffer = Buffer.alloc(size - start);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, buffer, 0, buffer.length, start);
  } finally {
    closeSync(fd);
  }
  return buffer.toString('utf8');
}

function parseRecord(line: string): { level: number; text: string } | undefined {
  try {
    const record = JSON.parse(line);
    const reason = record.err?.message ?? record.reason;
    return { level: record.level, text: reason ? `${record.msg}: ${reason}` : record.msg };
  } catch {
    return undefined;
  }
}
