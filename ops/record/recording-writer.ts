import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { now } from '../../shared/clock.ts';

const compress = promisify(gzip);

/** When a file is full: compressed bytes, and ms since its first frame. */
export interface Rotation {
  maxBytes: number;
  maxMs: number;
}

export interface RecordingFile {
  path: string;
  frames: number;
  /** On disk, compressed. */
  bytes: number;
}

/** So much text is worth a gzip member of its own. */
const MEMBER_BYTES = 1024 * 1024;
const NEWLINE = Buffer.from('\n');

/**
 * One connection's recording, in files that are rotated. Each flush appends a gzip member of whole lines, so that a
 * file is readable to its end at any time, however the process ends. The files of one connection, one after the
 * other, are one recording: `cat NAME-*.txt.gz`.
 */
export class RecordingWriter {
  readonly files: RecordingFile[] = [];
  readonly #stem: string;
  readonly #rotation: Rotation;
  #chunks: Buffer[] = [];
  #frames = 0;
  #waiting = 0;
  #startedAt = 0;
  #isFull = true;
  #flushing: Promise<void> | undefined;

  /** `name`: of the files, without their number and ending. */
  constructor(folder: string, name: string, rotation: Rotation) {
    this.#stem = join(folder, name);
    this.#rotation = rotation;
  }

  /** Bytes of text that are not on disk yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether there is enough to be worth a flush. */
  get isDue(): boolean {
    return this.#waiting >= MEMBER_BYTES && !this.#flushing;
  }

  /** `receivedAt` in UTC ms. A line break in a frame, which JSON allows between values only, becomes a space. */
  add(receivedAt: number, frame: Buffer): void {
    const time = Buffer.from(`${receivedAt}000000 `);
    this.#chunks.push(time, inOneLine(frame), NEWLINE);
    this.#frames++;
    this.#waiting += time.length + frame.length + 1;
  }

  /** Puts on disk what has been added so far. @throws when the disk refuses */
  async flush(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    if (this.#frames === 0) return;
    this.#flushing = this.#write().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #write() {
    const [text, frames] = [Buffer.concat(this.#chunks), this.#frames];
    [this.#chunks, this.#frames] = [[], 0];
    const file = this.#file();
    const member = await compress(text);
    await appendFile(file.path, member, { flag: file.bytes === 0 ? 'ax' : 'a' });
    file.bytes += member.length;
    file.frames += frames;
    this.#waiting -= text.length;
    const { maxBytes, maxMs } = this.#rotation;
    this.#isFull = file.bytes >= maxBytes || now() - this.#startedAt >= maxMs;
  }

  #file(): RecordingFile {
    const last = this.files.at(-1);
    if (last && !this.#isFull) return last;
    this.#startedAt = now();
    const number = String(this.files.length + 1).padStart(4, '0');
    const file = { path: `${this.#stem}-${number}.txt.gz`, frames: 0, bytes: 0 };
    this.files.push(file);
    return file;
  }
}

function inOneLine(frame: Buffer): Buffer {
  if (!frame.includes(0x0a) && !frame.includes(0x0d)) return frame;
  return Buffer.from(frame.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}
