import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MarketEvent } from '../../domain/market.ts';
import { kindOf } from '../../domain/symbols.ts';
import { RejectError, UserError } from '../../errors.ts';
import type { Mapper, Reading, Subscription, Venue } from '../venue.ts';
import { findVenue } from '../venues.ts';

/** What an adapter's test file shows of its venue: real frames, and what must come out of them. */
export interface AdapterExamples {
  venue: Venue;
  symbol: string;
  /** What a connection says before all others, where frames mean nothing without it. */
  opening?: string[];
  /** One frame of each kind that is mapped, with the events it must give. */
  events: { name: string; frame: string; events: object[] }[];
  /** Frames that are the connection's own business. */
  control: string[];
  /** Well-formed frames of no use to us. */
  ignored: string[];
}

export const RECEIVED_AT = 1_790_000_000_000;

/** Every adapter must pass this. */
export function testAdapter(examples: AdapterExamples): void {
  const { venue, symbol, opening = [], events, control, ignored } = examples;
  const connect = () => {
    const mapper = venue.createMapper([symbol]);
    for (const frame of opening) mapper.read(frame, RECEIVED_AT);
    return mapper;
  };
  const read = (frame: string, mapper: Mapper = connect()) => mapper.read(frame, RECEIVED_AT);

  describe(`${venue.name} ${venue.market} is an adapter like every other`, () => {
    test('the registry finds it, and names what exists when asked for another', () => {
      expect(findVenue(venue.name, venue.market).label).toBe(venue.label);
      expect(() => findVenue('nosuch')).toThrow(UserError);
      expect(() => findVenue('nosuch')).toThrow(venue.name);
      expect(() => findVenue(venue.name, 'nosuch')).toThrow(venue.market);
      expect(() => findVenue('__proto__')).toThrow(UserError);
    });

    test('its spelling of a symbol and ours lead back to each other', () => {
      expect(venue.unifiedSymbol(venue.wireSymbol(symbol))).toBe(symbol);
    });

    test('its symbols are of a kind that it takes', () => {
      expect(venue.takes).toContain(kindOf(symbol));
    });

    test('it can ask for every channel and interval it offers, and take it back', () => {
      const all: Subscription[] = venue.channels
        .filter((channel) => channel !== 'candles')
        .map((channel) => ({ channel, symbol }));
      for (const interval of venue.intervals) all.push({ channel: 'candles', symbol, interval });
      for (const message of [...venue.subscribe(all), ...venue.unsubscribe(all)]) {
        expect(() => JSON.parse(message)).not.toThrow();
        expect(message).not.toMatch(/undefined|null/);
      }
    });

    test.each(events)('it maps $name exactly', ({ frame, events: expected }) => {
      expect(read(frame)).toEqual({ kind: 'events', events: expected });
    });

    test.each(control)('it takes %s for the connection’s own business', (frame) => {
      expect(read(frame).kind).toBe('control');
    });

    test.each(ignored)('it leaves %s aside without complaint', (frame) => {
      expect(read(frame)).toEqual({ kind: 'ignored' });
    });

    test('a frame cut anywhere is refused, and the next one is read as ever', () => {
      const mapper = connect();
      for (const { frame, events: expected } of events) {
        for (let end = 0; end < frame.length; end += 7) {
          expect(() => read(frame.slice(0, end), mapper)).toThrow(RejectError);
        }
        expect(read(frame)).toEqual({ kind: 'events', events: expected });
      }
    });

    test('a frame says the same, or is refused, however it is spelled', () => {
      for (const { frame } of events) expect(read(frame)).toEqual(read(spaced(frame)));
      const frames = fc.constantFrom(...events.map(({ frame }) => frame));
      const letter = fc.constantFrom(...'{}[]",:.-+0159eE\\ xA');
      fc.assert(
        fc.property(frames, fc.nat(), letter, (frame, place, wrong) => {
          const at = 1 + (place % (frame.length - 1));
          const twisted = frame.slice(0, at) + wrong + frame.slice(at + 1);
          expect(attempt(() => read(twisted))).toEqual(attempt(() => read(spaced(twisted))));
        }),
        { numRuns: 1_000 },
      );
    });

    test.each(MALFORMED)('it refuses %s', (_name, frame) => {
      expect(() => read(frame)).toThrow(RejectError);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });

    test('any value in place of any other is either refused or harmless', () => {
      const frames = fc.constantFrom(...events.map(({ frame }) => frame));
      const value = fc.oneof(fc.constantFrom(...ABSURD), fc.jsonValue());
      fc.assert(
        fc.property(frames, fc.nat(), value, (frame, place, absurd) => {
          const tampered = tamper(frame, place, absurd);
          const reading = attempt(() => read(tampered));
          for (const event of eventsOf(reading)) expectWhole(event, venue);
        }),
        { numRuns: 500 },
      );
    });
  });
}

/** The same JSON, spelled as no venue spells it: no shortcut of a mapper takes it. */
const spaced = (frame: string) => `${frame[0]} ${frame.slice(1)}`;

const ABSURD = [NaN, '1e999', '-1', -1, 1e308, '', null, [], {}, true, 9e15, '0', 0, 'NaN', '__proto__'];

const MALFORMED: [string, string][] = [
  ['nothing', ''],
  ['a bare number', '1'],
  ['NaN', '{"price":NaN}'],
  ['null', 'null'],
  ['an empty object', '{}'],
  ['a list of nothing we know', '[1,2,3]'],
  ['10 MB of text', `{"x":"${'x'.repeat(10_000_000)}"}`],
  ['100,000 levels of nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  [
    'a reach for the prototype',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  ],
];

function attempt(read: () => Reading): Reading | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RejectError) return undefined;
    throw error;
  }
}

const eventsOf = (reading: Reading | undefined): MarketEvent[] =>
  reading?.kind === 'events' ? reading.events : [];

/** Replaces the `place`-th value of a JSON text, counted round and round. */
function tamper(frame: string, place: number, value: unknown): string {
  const root = { frame: JSON.parse(frame) };
  const slots: [Record<string, unknown>, string][] = [];
  const walk = (node: Record<string, unknown>) => {
    for (const key of Object.keys(node)) {
      slots.push([node, key]);
      if (typeof node[key] === 'object' && node[key] !== null) walk(node[key] as Record<string, unknown>);
    }
  };
  walk(root);
  const [node, key] = slots[place % slots.length] as [Record<string, unknown>, string];
  node[key] = value;
  return JSON.stringify(root.frame) ?? 'undefined';
}

const PLAIN = /^(0|[1-9]\d*)(\.\d*[1-9])?$/;
const SIGNED = /^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/;

/** Every field there, of its type and within reason, whatever the frame said. */
function expectWhole(event: MarketEvent, venue: Venue) {
  expect(event.venue).toBe(venue.name);
  expect(event.symbol).toMatch(/^[^/]+\/[^/]+$/);
  expect(Number.isSafeInteger(event.ts)).toBe(true);
  expect(event.receivedAt).toBe(RECEIVED_AT);
  for (const amount of amountsOf(event)) expect(amount).toMatch(PLAIN);
  if (event.type === 'trade') expect(['buy', 'sell']).toContain(event.side);
  if (event.type === 'candle') expect(typeof event.closed).toBe('boolean');
  if (event.type === 'funding') expect(event.rate).toMatch(SIGNED);
}

function amountsOf(event: MarketEvent): string[] {
  if (event.type === 'trade') return [event.price, event.size];
  if (event.type === 'quote') return [event.bid, event.bidSize, event.ask, event.askSize];
  if (event.type === 'candle') return [event.open, event.high, event.low, event.close, event.volume];
  if (event.type === 'mark') return [event.price, ...(event.indexPrice ? [event.indexPrice] : [])];
  if (event.type === 'funding') return [];
  return [...event.bids, ...event.asks].flat();
}
