import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { takeFileLock } from '../shared/file-lock.ts';
import { slug } from '../shared/slug.ts';

export interface SpoolOptions {
  /** The folder of all spools; each `name` has its own below it. */
  folder: string;
  name: string;
  /** What it may take on disk; 0 for none at all. */
  maxBytes: number;
  /** A record, or a whole file, that can't be read: a crash cut it short, or the disk changed or lost it. */
  onUnreadable?(where: string): void;
}

/**
 * Records on disk, first in, first out: what a producer may not lose while the queues can't take it. Append-only files
 * of JSON lines; a file is removed when all of it was taken, so after a crash some records come twice, none is left out.
 *
 * It survives the death of the process. After a loss of power the last second may be missing, and shows as a gap.
 */
export class Spool<Record> {
  readonly #options: SpoolOptions;
  readonly #folder: string;
  readonly #release: () => void;
  /** Oldest first. */
  readonly #files: SpoolFile[];
  #writer: { file: SpoolFile; handle: FileHandle } | undefined;
  #appended: Promise<unknown> = Promise.resolve();
  bytes: number;

  private constructor(options: SpoolOptions, folder: string, release: () => void, files: SpoolFile[]) {
    this.#options = options;
    this.#folder = folder;
    this.#release = release;
    this.#files = files;
    this.bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Opens the folder with what an earlier process left in it; one that another process uses is left to it. */
  static async open<Record>(options: SpoolOptions): Promise<Spool<Record>> {
    for (let instance = 1; ; instance++) {
      const name = slug(options.name) + (instance > 1 ? `.${instance}` : '');
      const folder = join(options.folder, name);
      await mkdir(folder, { recursive: true });
      const release = takeFileLock(join(folder, 'lock'));
      if (typeof release === 'function') return new Spool(options, folder, release, await listFiles(folder));
    }
  }

  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** Whether there was room for it; rejects when the disk can't take it, and may then be tried again. */
  append(record: Record): Promise<boolean> {
    const appended = this.#appended.then(() => this.#append(`${JSON.stringify(record)}\n`));
    this.#appended = appended.catch(() => {});
    return appended;
  }

  /**
   * The records, oldest first, until none is left. Asking for the next says that the one before was taken; whoever
   * leaves early finds the rest again, and some of what was taken.
   */
  async *take(): AsyncGenerator<Record> {
    for (let file = this.#files[0]; file; file = this.#files[0]) {
      if (this.#writer?.file === file) await this.#seal();
      for (const line of linesOf(await this.#textOf(file))) {
        const record = this.#read(line, file);
        if (record !== undefined) yield record;
      }
      await rm(file.path, { force: true });
      this.#files.shift();
      this.bytes -= file.bytes;
    }
  }

  async close(): Promise<void> {
    await this.#seal();
    this.#release();
  }

  async #append(line: string): Promise<boolean> {
    const data = Buffer.from(line);
    if (this.bytes + data.length > this.#options.maxBytes) return false;
    const { file, handle } = await this.#openWriter();
    // At its place, so that another try overwrites what a full disk cut short.
    for (let done = 0; done < data.length; ) {
      done += (await handle.write(data, done, data.length - done, file.bytes + done)).bytesWritten;
    }
    file.bytes += data.length;
    this.bytes += data.length;
    if (file.bytes >= FILE_BYTES) await this.#close();
    return true;
  }

  async #openWriter() {
    if (!this.#writer) {
      const number = (this.#files.at(-1)?.number ?? 0) + 1;
      const path = join(this.#folder, fileName(number));
      const handle = await open(path, 'w', 0o600);
      const file = { number, path, bytes: 0 };
      this.#files.push(file);
      this.#writer = { file, handle };
    }
    return this.#writer;
  }

  /** Ends the file that is written to, after what is being appended. */
  #seal(): Promise<void> {
    const sealed = this.#appended.then(() => this.#close());
    this.#appended = sealed.catch(() => {});
    return sealed;
  }

  async #close() {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.handle.close();
  }

  async #textOf({ path }: SpoolFile): Promise<string> {
    try {
      return await readFile(path, 'utf8');
    } catch {
      this.#options.onUnreadable?.(path);
      return '';
    }
  }

  #read(line: string, { path }: SpoolFile): Record | undefined {
    try {
      return JSON.parse(line) as Record;
    } catch {
      this.#options.onUnreadable?.(path);
      return undefined;
    }
  }
}

interface SpoolFile {
  number: number;
  path: string;
  bytes: number;
}

/** Small enough to be read whole, large enough to be few. */
const FILE_BYTES = 8 * 1024 * 1024;

const fileName = (number: number) => `${String(number).padStart(12, '0')}.ndjson`;

async function listFiles(folder: string): Promise<SpoolFile[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{12}\.ndjson$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { number: Number.parseInt(name, 10), path, bytes: (await stat(path)).size };
    }),
  );
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end === -1 ? undefined : end);
    if (end === -1) return;
    start = end + 1;
  }
}
