const DOT = 46;
const ZERO = 48;
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:$/;

/** Reads times like `2023-09-25T07:49:37.708706Z` that stand in a text; those of one minute cost next to nothing. */
export class TimeReader {
  /** Where the last time ended. */
  end = 0;
  #minute = '0000-00-00T00:00:';
  #minuteTs = Number.NaN;

  /** UTC ms, cut; NaN where no time in UTC begins at `start`, or one with one or two digits of a second's parts. */
  read(text: string, start: number): number {
    let at = start + this.#minute.length;
    const seconds = digitAt(text, at) * 10 + digitAt(text, at + 1);
    let ts = this.#minuteAt(text, start) + (seconds < 60 ? seconds * 1_000 : Number.NaN);
    at += 2;
    if (text.charCodeAt(at) === DOT) {
      ts += digitAt(text, at + 1) * 100 + digitAt(text, at + 2) * 10 + digitAt(text, at + 3);
      at += 4;
      for (let more = 0; more < 6 && digitAt(text, at) >= 0; more++) at++;
    }
    this.end = at + 1;
    return text[at] === 'Z' ? ts : Number.NaN;
  }

  #minuteAt(text: string, start: number): number {
    const minute = text.slice(start, start + this.#minute.length);
    if (minute === this.#minute) return this.#minuteTs;
    if (!MINUTE.test(minute)) return Number.NaN;
    this.#minute = minute;
    this.#minuteTs = Date.parse(`${minute}00Z`);
    return this.#minuteTs;
  }
}

/** NaN where there is no digit. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - ZERO;
  return digit >= 0 && digit < 10 ? digit : Number.NaN;
}
