import type { BookUpdate } from '../domain/market.ts';
import { type Place, Sequence } from './sequence.ts';
import type { BookPosition, Reading } from './venue.ts';

/** A frame of a connection that numbers all of them; its own time and that of its receipt in UTC ms. */
export interface NumberedFrame {
  number: number;
  ts: number;
  receivedAt: number;
  /** A frame that comes late is of use for its trades only; one that can't be read is a loss for its books only. */
  carries: 'trades' | 'book' | 'else';
}

/**
 * The frames of a venue that numbers them over all channels of a connection: a number that is left out puts every
 * book of the connection in doubt, and the connection is to be made anew.
 */
export class NumberedFrames {
  readonly #venue: string;
  readonly #sequence = new Sequence();
  readonly #books = new Set<string>();

  constructor(venue: string) {
    this.#venue = venue;
  }

  /** What `map` reads in this frame, unless it was heard before; behind a gap, with the news of it for every book. */
  read(frame: NumberedFrame, map: (place: Place) => Reading): Reading {
    const place = this.locate(frame);
    if (!place) return { kind: 'ignored' };
    try {
      return this.take(frame, place, map(place));
    } catch (error) {
      if (place.kind === 'next' && frame.carries !== 'book') {
        this.#sequence.take(place, frame.number, frame.ts);
      }
      throw error;
    }
  }

  /** Where a frame stands; undefined where it is of no use any more. Nothing changes until it is taken. */
  locate({ number, ts, carries }: NumberedFrame): Place | undefined {
    const place = this.#sequence.locate(number, ts);
    const isUseless = place.kind === 'late' && carries !== 'trades';
    return place.kind === 'repeated' || isUseless ? undefined : place;
  }

  /** The frame that stands there was read: what it told, as `read` gives it. */
  take(frame: NumberedFrame, place: Place, reading: Reading): Reading {
    this.#sequence.take(place, frame.number, frame.ts);
    if (frame.carries === 'book') this.#learnBooks(reading);
    return place.kind === 'gap' ? this.#broken(reading, place, frame) : reading;
  }

  /** Of a book that did not begin with a whole one nothing can break. */
  #learnBooks(reading: Reading) {
    if (reading.kind !== 'events') return;
    for (const event of reading.events) {
      if (event.type === 'book' && event.kind === 'snapshot') this.#books.add(event.symbol);
    }
  }

  /** Every book learns of the break by a change that is empty and does not follow. */
  #broken(reading: Reading, { first, last }: Place, { ts, receivedAt }: NumberedFrame): Reading {
    const told = reading.kind === 'events' ? reading.events : [];
    const own = new Set(told.filter(({ type }) => type === 'book').map(({ symbol }) => symbol));
    const breaks = [...this.#books]
      .filter((symbol) => !own.has(symbol))
      .map((symbol): BookUpdate => {
        const origin = { type: 'book', venue: this.#venue, symbol, ts, receivedAt } as const;
        return { ...origin, kind: 'delta', bids: [], asks: [], first, last };
      });
    const reason = 'frames of this connection were lost';
    return {
      kind: 'events',
      events: [...breaks, ...told],
      control: { type: 'reconnect', reason, lost: true },
    };
  }
}

/** An update is good when no frame of the connection was lost since the last one of this book. */
export function followsUnbroken({ id }: BookPosition, { first = 0, last = 0 }: BookUpdate) {
  if (last < id) return 'drop';
  return first > id + 1 ? 'gap' : 'apply';
}
