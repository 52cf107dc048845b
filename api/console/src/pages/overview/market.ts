import { useState } from 'react';
import type { Market } from '../../data/queries.ts';
import type { Interval, Me } from '../../data/wire.ts';

const KEPT_AS = 'millrace.market';

/** The market on screen; remembered in this browser, and always one that the cluster watches. */
export function useMarket(me: Me): [Market, (market: Market) => void] {
  const [market, setMarket] = useState(() => toWatched(me, recall()));
  const choose = (next: Market) => {
    const watched = toWatched(me, next);
    localStorage.setItem(KEPT_AS, JSON.stringify(watched));
    setMarket(watched);
  };
  return [market, choose];
}

export const intervalsAt = (me: Me, venue: string): Interval[] =>
  me.intervals.find((at) => at.venue === venue)?.intervals ?? ['1m'];

function toWatched(me: Me, wanted: Partial<Market>): Market {
  const isWanted = (at: Me['markets'][number]) => at.venue === wanted.venue && at.symbol === wanted.symbol;
  const { venue, symbol } = me.markets.find(isWanted) ?? me.markets[0] ?? { venue: '', symbol: '' };
  const intervals = intervalsAt(me, venue);
  const interval = intervals.find((name) => name === wanted.interval) ?? intervals[0] ?? '1m';
  return { venue, symbol, interval };
}

function recall(): Partial<Market> {
  try {
    return JSON.parse(localStorage.getItem(KEPT_AS) ?? '{}');
  } catch {
    return {};
  }
}
