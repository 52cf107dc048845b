import { now } from '../shared/clock.ts';
import type { Gap, GapCause, Mark } from '../shared/domain/gap.ts';
import type { Trade } from '../shared/domain/market.ts';
import type { Promises } from '../shared/exchanges/venue.ts';

/** A smaller id with a time later than this is no straggler: the venue counts afresh. */
const AFRESH_MS = 10_000;
const NONE: readonly Gap[] = [];

/**
 * Knows for every symbol the last trade that was taken, and tells what may be missing before the next.
 *
 * Two things make a gap. An interruption (`interrupt`: a disconnect, shed load, the time before the start) always does,
 * whatever the ids say afterwards: it ends with the next trade, or with `settle` where none comes. A hole in the ids
 * does where the venue's rise by one.
 */
export class Continuity {
  readonly #tradeBreaks: Promises['tradeBreaks'];
  readonly #places = new Map<string, Place>();

  constructor(tradeBreaks: Promises['tradeBreaks']) {
    this.#tradeBreaks = tradeBreaks;
  }

  /** Where an earlier producer ended, `wasStopped` or not: what happened since then may be missing. */
  begin(
    symbols: Iterable<string>,
    cursors: { get(symbol: string): Mark | undefined; wasStopped?: boolean },
  ): void {
    for (const symbol of symbols) {
      const cursor = cursors.get(symbol);
      if (cursor) {
        this.#places.set(symbol, { ...cursor, number: Number(cursor.id), cuts: [], isCut: false });
        if (cursors.wasStopped) this.interrupt([symbol], 'restart', 'the producer was stopped');
        else this.interrupt([symbol], 'crash', 'the producer was not running');
      } else this.interrupt([symbol], 'redis', 'no cursor in Redis: a first start, or Redis was emptied');
    }
  }

  /** From now on trades of these symbols may be lost. Another word of it before the next trade or `resume` adds none. */
  interrupt(symbols: Iterable<string>, cause: GapCause, detail: string, noticedAt = now()): void {
    for (const symbol of symbols) {
      const place = this.#placeOf(symbol);
      if (place.isCut) continue;
      place.isCut = true;
      // One that was told reaches as far as the archive will ask; the trade to come ends the newest.
      place.cuts = [...place.cuts.filter(({ told }) => !told), { cause, detail, noticedAt, told: false }];
    }
  }

  /** Trades of these symbols are heard again. */
  resume(symbols: Iterable<string>): void {
    for (const symbol of symbols) this.#placeOf(symbol).isCut = false;
  }

  /** Gaps of symbols that are heard again and have had no trade since: they reach to the present. */
  settle(symbols: Iterable<string>): Gap[] {
    const gaps: Gap[] = [];
    for (const symbol of symbols) {
      const place = this.#placeOf(symbol);
      if (place.isCut) continue;
      for (const cut of place.cuts) {
        if (!cut.told) gaps.push(gapOf(symbol, cut, place));
        cut.told = true;
      }
    }
    return gaps;
  }

  /** Takes note of a trade that goes into a batch; returns the gaps before it. */
  accept(trade: Trade): readonly Gap[] {
    const { symbol, id, ts } = trade;
    const place = this.#placeOf(symbol);
    const number = Number(id);
    const step = this.#step(place, trade, number);
    if (step === 'late') return NONE;
    const gaps = place.cuts.length > 0 || step === 'hole' ? gapsBefore(trade, place, step === 'hole') : NONE;
    place.id = id;
    place.number = number;
    place.ts = ts;
    if (place.cuts.length > 0) place.cuts = [];
    place.isCut = false;
    return gaps;
  }

  /** How a trade stands to the last one; a late one changes nothing. */
  #step(place: Place, { id, ts }: Trade, number: number): 'next' | 'hole' | 'late' {
    if (place.id === undefined) return 'next';
    const areCounted = this.#tradeBreaks === 'ids' && Number.isSafeInteger(number + place.number);
    if (!areCounted) return ts > place.ts || (ts === place.ts && id !== place.id) ? 'next' : 'late';
    if (number === place.number + 1) return 'next';
    if (number > place.number) return 'hole';
    return ts > place.ts + AFRESH_MS ? 'next' : 'late';
  }

  #placeOf(symbol: string): Place {
    let place = this.#places.get(symbol);
    if (!place) {
      place = { id: undefined, number: Number.NaN, ts: 0, cuts: [], isCut: false };
      this.#places.set(symbol, place);
    }
    return place;
  }
}

/** The last trade of a symbol, and what has happened since. */
interface Place {
  /** Undefined before the first trade that anybody remembers. */
  id: string | undefined;
  number: number;
  ts: number;
  cuts: Cut[];
  /** Trades may be lost right now. */
  isCut: boolean;
}

type Cut = Pick<Gap, 'cause' | 'detail' | 'noticedAt'> & { told: boolean };

function gapsBefore({ symbol, id, ts, receivedAt }: Trade, place: Place, isHole: boolean): Gap[] {
  const to = { id, ts };
  if (place.cuts.length > 0) return place.cuts.map((cut) => gapOf(symbol, cut, place, to));
  if (!isHole) return [];
  const detail = 'trade ids were left out';
  return [gapOf(symbol, { cause: 'sequence', detail, noticedAt: receivedAt }, place, to)];
}

function gapOf(
  symbol: string,
  { cause, detail, noticedAt }: Omit<Cut, 'told'>,
  place: Place,
  to?: Mark,
): Gap {
  const from = place.id === undefined ? {} : { from: { id: place.id, ts: place.ts } };
  return { symbol, cause, detail, noticedAt, ...from, ...(to && { to }) };
}
