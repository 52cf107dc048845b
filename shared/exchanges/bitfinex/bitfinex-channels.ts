import type { Interval } from '../../domain/market.ts';
import { RejectError, UserError } from '../../errors.ts';
import { type Fields, readText } from '../fields.ts';
import type { NumberedFrame } from '../numbered-frames.ts';
import type { Channel, Subscription } from '../venue.ts';
import { unifyBitfinexSymbol } from './bitfinex-symbols.ts';

/** Bitfinex's time frame → our interval; it has no candles of four hours. */
export const BITFINEX_FRAMES: ReadonlyMap<string, Interval> = new Map([
  ['1m', '1m'],
  ['5m', '5m'],
  ['15m', '15m'],
  ['1h', '1h'],
  ['1D', '1d'],
]);

/** Price points a side of a book: 1, 25, 100 or 250; of one point it is the best bid and ask. */
export const BOOK_LENGTH = '250';
export const QUOTE_LENGTH = '1';

/** What a channel id of this connection stands for; `other`: well announced and of no use to us. */
export interface BitfinexChannel {
  kind: Channel | 'other';
  carries: NumberedFrame['carries'];
  symbol: string;
  interval: Interval | undefined;
}

/**
 * Reads `{"event":"subscribed","channel":"book","chanId":10092,"symbol":"tETHUSD","prec":"P0","len":"25"}`.
 * @throws {RejectError} when it names no pair of ours
 */
export function readChannel(message: Fields): BitfinexChannel {
  const name = readText(message.channel, 'channel');
  if (name === 'candles') return readCandleKey(readText(message.key, 'key'));
  const wire = readText(message.symbol, 'symbol');
  const kind = kindOf(name, message);
  return kind === 'other' || wire.startsWith('f')
    ? ofNoUse(wire)
    : { kind, carries: carriedBy(kind), symbol: unifyBitfinexSymbol(wire), interval: undefined };
}

/** Prices of `P1` and coarser are rounded, the rows of `R0` are single orders. */
function kindOf(name: string, { prec, len }: Fields): BitfinexChannel['kind'] {
  if (name === 'trades') return 'trades';
  if (name !== 'book' || prec !== 'P0') return 'other';
  return String(len) === QUOTE_LENGTH ? 'quotes' : 'book';
}

/** `trade:1m:tBTCUSD` */
function readCandleKey(key: string): BitfinexChannel {
  const [kind, frame = '', ...rest] = key.split(':');
  const interval = BITFINEX_FRAMES.get(frame);
  const wire = rest.join(':');
  if (kind !== 'trade' || !wire) throw new RejectError('key is of no candles', 'key');
  if (!interval || wire.startsWith('f')) return ofNoUse(wire);
  return { kind: 'candles', carries: 'else', symbol: unifyBitfinexSymbol(wire), interval };
}

const ofNoUse = (wire: string): BitfinexChannel => ({
  kind: 'other',
  carries: 'else',
  symbol: wire,
  interval: undefined,
});

const carriedBy = (kind: BitfinexChannel['kind']): NumberedFrame['carries'] =>
  kind === 'trades' || kind === 'book' ? kind : 'else';

export const isSame = (channel: BitfinexChannel, { channel: kind, symbol, interval }: Subscription) =>
  channel.kind === kind &&
  channel.symbol === symbol &&
  (kind !== 'candles' || channel.interval === (interval ?? '1m'));

/** `1d` → `1D`. @throws {UserError} for an interval that Bitfinex has not */
export function timeFrame(interval: Interval): string {
  for (const [frame, name] of BITFINEX_FRAMES) if (name === interval) return frame;
  throw new UserError(
    `Bitfinex has no ${interval} candles: use some of ${[...BITFINEX_FRAMES.values()].join(', ')}`,
  );
}
