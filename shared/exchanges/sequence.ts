/** Where a frame stands in a connection's numbered row. */
export interface Place {
  /**
   * `next`: nothing is missing before it. `gap`: something is. `late`: it was missing. `repeated`: it was heard, or
   * was never missed.
   */
  kind: 'next' | 'gap' | 'late' | 'repeated';
  /** The frame with which the unbroken run began that ends in this one, and this one: ids that never go back. */
  first: number;
  last: number;
}

/** Frames missing in one gap that are still looked for. */
const MOST_MISSING = 10_000;

/** Farther ahead than that no connection can be: whatever wrote that number began anew, or wrote nonsense. */
const MOST_AHEAD = 1_000_000;

/** A row of frames numbered one by one. A lower number with a later time is a row that begins anew. */
export class Sequence {
  readonly #missing = new Set<number>();
  #place: Place | undefined;
  #base = 0;
  #ts = 0;

  /** Where a frame with this number and time (UTC ms) stands; nothing changes until it is taken. */
  locate(number: number, ts: number): Place {
    const before = this.#place;
    if (!before) return { kind: 'next', first: number, last: number };
    const id = this.#base + number;
    if (id === before.last + 1) return { kind: 'next', first: before.first, last: id };
    const isAhead = id > before.last;
    if (isAhead && id <= before.last + MOST_AHEAD) return { kind: 'gap', first: id, last: id };
    if (this.#missing.has(id)) return { kind: 'late', first: id, last: id };
    if (!isAhead && (id === before.last || ts <= this.#ts)) return { kind: 'repeated', first: id, last: id };
    const afresh = before.last + 2;
    return { kind: 'gap', first: afresh, last: afresh };
  }

  /** The frame was read: the next one is measured by it. */
  take(place: Place, number: number, ts: number): void {
    if (this.#missing.size > 0 && this.#missing.delete(place.last)) return;
    if (place.kind === 'gap') this.#miss(place.last, number);
    this.#place = place;
    if (ts > this.#ts) this.#ts = ts;
  }

  #miss(id: number, number: number) {
    const from = (this.#place?.last ?? id) + 1;
    const base = id - number;
    const afresh = base !== this.#base;
    this.#base = base;
    this.#missing.clear();
    if (afresh || id - from > MOST_MISSING) return;
    for (let missing = from; missing < id; missing++) this.#missing.add(missing);
  }
}
