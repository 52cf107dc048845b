import { INTERVALS } from '../../shared/domain/market.ts';
import { BookView } from './book-view.ts';
import type { Channel, Heard, Topic, Words } from './dialect.ts';
import { markOf } from './mark.ts';
import type { Market, Step } from './market.ts';

const SECOND_MS = 1_000;
const OPEN_CANDLE_MS = 2_000;

/** A frame on its way, and what it tells of. */
export interface Frame {
  kind: Channel | 'control';
  text: string;
  market?: Market;
}

type Subscribed = Topic & { view?: BookView };

/** One connection in any dialect: its subscriptions, and what each step of a market is in its words. No socket. */
export class Session {
  readonly #words: Words;
  readonly #topics = new Map<string, Subscribed>();
  readonly #ofMarket = new Map<Market, Subscribed[]>();
  /** Set when the venue cuts the connection. */
  cut: Heard['cut'];
  /** Applies to every book from now on: see `BookView`. */
  corruptEvery = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  /** The first frames of the connection. */
  open(at: number): Frame[] {
    return this.#obey(this.#words.opened?.(at) ?? {}, at);
  }

  /** The answer to a message of the client. */
  hear(text: string, at: number): Frame[] {
    return this.#obey(this.#words.hear(text, at), at);
  }

  /** What a step of a market is to this connection, in the order it happened. */
  tell(market: Market, step: Step): Frame[] {
    const frames: Frame[] = [];
    for (const topic of this.#ofMarket.get(market) ?? []) {
      for (const text of this.#tellOne(topic, step)) frames.push({ kind: topic.channel, market, text });
    }
    return frames;
  }

  /** To be called every second. */
  heartbeat(at: number): Frame[] {
    return controls(this.#words.heartbeat?.(at));
  }

  /** The announcement of a cut; nothing where the venue has none. */
  shutdown(at: number): Frame[] {
    return controls(this.#words.shutdown?.(at));
  }

  /** Plays a lawful oddity on every topic that can have it. */
  quirk(name: string, at: number): Frame[] {
    const play = this.#words.quirks?.[name];
    if (!play) return [];
    return [...this.#topics.values()].flatMap((topic) => {
      const { view, market, channel } = topic;
      return play(topic, view, at).map((text) => ({ kind: channel, market, text }));
    });
  }

  get quirks(): string[] {
    return Object.keys(this.#words.quirks ?? {});
  }

  /** The books that are subscribed to, as their subscriber must hold them. */
  get views(): BookView[] {
    return [...this.#topics.values()].flatMap(({ view }) => view ?? []);
  }

  #obey({ answers = [], subscribe = [], unsubscribe = [], cut }: Heard, at: number): Frame[] {
    this.cut ??= cut;
    for (const name of unsubscribe) this.#unsubscribe(name);
    return [...controls(answers), ...subscribe.flatMap((topic) => this.#subscribe(topic, at))];
  }

  #subscribe(asked: Topic, at: number): Frame[] {
    this.#unsubscribe(asked.name);
    const { market, channel, depth } = asked;
    const view = channel === 'book' ? new BookView(market, depth) : undefined;
    const topic: Subscribed = view ? { ...asked, view } : asked;
    this.#topics.set(topic.name, topic);
    const others = this.#ofMarket.get(market) ?? [];
    this.#ofMarket.set(
      market,
      [...others, topic].sort((a, b) => RANK[a.channel] - RANK[b.channel]),
    );
    const whole = view && !topic.slow ? view.whole() : undefined;
    const texts = [
      ...(whole && view ? (this.#words.book?.(topic, whole, view, at) ?? []) : []),
      ...(this.#words.opening?.(topic, at) ?? []),
    ];
    return texts.map((text) => ({ kind: channel, market, text }));
  }

  #unsubscribe(name: string): void {
    const topic = this.#topics.get(name);
    if (!topic) return;
    this.#topics.delete(name);
    const left = (this.#ofMarket.get(topic.market) ?? []).filter((other) => other !== topic);
    if (left.length > 0) this.#ofMarket.set(topic.market, left);
    else this.#ofMarket.delete(topic.market);
  }

  #tellOne(topic: Subscribed, step: Step): string[] {
    const { ts } = step;
    switch (topic.channel) {
      case 'candles':
        return this.#tellCandle(topic, ts);
      case 'marks':
        return ts % SECOND_MS === 0 ? (this.#words.mark?.(topic, markOf(topic.market, ts), ts) ?? []) : [];
      case 'trades':
        return step.trades.length > 0 ? (this.#words.trades?.(topic, step.trades, ts) ?? []) : [];
      case 'quotes':
        return step.ticker ? (this.#words.quote?.(topic, step.ticker, ts) ?? []) : [];
      case 'book': {
        const diff = topic.slow ? step.slowDepth : step.depth;
        if (!diff || !topic.view) return [];
        topic.view.corruptEvery = this.corruptEvery;
        return this.#words.book?.(topic, topic.view.change(diff), topic.view, ts) ?? [];
      }
    }
  }

  /** A closed candle goes out at the first step after it; an open one every two seconds. */
  #tellCandle(topic: Topic, at: number): string[] {
    if (at % SECOND_MS !== 0 || !topic.interval) return [];
    const ms = INTERVALS[topic.interval];
    const closed = at % ms === 0;
    if (!closed && at % OPEN_CANDLE_MS !== 0) return [];
    const bar = topic.market.candles.bar(closed ? at - ms : at - (at % ms), ms);
    return bar ? (this.#words.candle?.(topic, bar, closed, at) ?? []) : [];
  }
}

/** The order of a symbol's channels within a step. */
const RANK: Record<Channel, number> = { candles: 0, marks: 1, trades: 2, quotes: 3, book: 4 };

const controls = (texts: string[] = []): Frame[] => texts.map((text) => ({ kind: 'control', text }));
