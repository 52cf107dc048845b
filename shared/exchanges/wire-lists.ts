import { RejectError } from '../errors.ts';

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const DASH = 45;
const ZERO = 48;
const NINE = 57;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const DEEPEST = 8;

/** A number as it was written, a word, null, a truth, or a list of them. */
export type WireValue = string | boolean | null | readonly WireValue[];

/**
 * Parses JSON that is lists of numbers, short words and lists: every number stays the text that was on the wire, for
 * money needs each of its digits. Objects and escapes are for others.
 * @throws {RejectError} for anything else
 */
export function parseLists(text: string): readonly WireValue[] {
  const reader = new ListReader(text);
  const list = reader.list(0);
  reader.end();
  return list;
}

class ListReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  list(depth: number): readonly WireValue[] {
    if (this.#code() !== OPEN || depth > DEEPEST) throw malformed();
    const values: WireValue[] = [];
    this.#at++;
    if (this.#code() === CLOSE) {
      this.#at++;
      return values;
    }
    for (;;) {
      values.push(this.#value(depth));
      const code = this.#code();
      this.#at++;
      if (code === CLOSE) return values;
      if (code !== COMMA) throw malformed();
    }
  }

  end(): void {
    if (!Number.isNaN(this.#code())) throw malformed();
  }

  #value(depth: number): WireValue {
    const code = this.#code();
    if (code === OPEN) return this.list(depth + 1);
    if (code === QUOTE) return this.#word();
    return code === DASH || (code >= ZERO && code <= NINE) ? this.#number() : this.#name();
  }

  /** The next character that is no space; NaN at the end. */
  #code(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      const isSpace = code === SPACE || code === LINE_FEED || code === TAB || code === RETURN;
      if (!isSpace) return code;
      this.#at++;
    }
  }

  #word(): string {
    const start = this.#at + 1;
    let at = start;
    for (let code = 0; ; at++) {
      code = this.#text.charCodeAt(at);
      if (code === QUOTE) break;
      if (!(code >= SPACE) || code === BACKSLASH) throw malformed();
    }
    this.#at = at + 1;
    return this.#text.slice(start, at);
  }

  /** Up to what can't belong to a number; whether it is one its reader finds. */
  #number(): string {
    const start = this.#at;
    let at = start + 1;
    while (isOfNumber(this.#text.charCodeAt(at))) at++;
    this.#at = at;
    return this.#text.slice(start, at);
  }

  #name(): WireValue {
    for (const [name, value] of NAMES) {
      if (!this.#text.startsWith(name, this.#at)) continue;
      this.#at += name.length;
      return value;
    }
    throw malformed();
  }
}

const NAMES: readonly (readonly [string, boolean | null])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
];

/** Digits, `.`, `+`, `-`, `e` and `E`. */
const isOfNumber = (code: number) =>
  (code >= ZERO && code <= NINE) ||
  code === 46 ||
  code === 43 ||
  code === DASH ||
  code === 101 ||
  code === 69;

const malformed = () => new RejectError('not a list of numbers and words', 'frame');
