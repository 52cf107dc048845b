/**
 * Binance trade frames in WebSocket framing, made once and stamped with ids and times just before they are sent:
 * the generator must cost next to nothing beside what it drives.
 * https://github.com/binance/binance-spot-api-docs/blob/master/web-socket-streams.md#trade-streams
 */
export interface Round {
  /** One frame a symbol, in turn, `events` frames in all. */
  bytes: Buffer;
  /** Where each frame's id, event time and trade time begin, three offsets a frame. */
  offsets: Uint32Array;
  events: number;
}

/** Ids have ten digits, as Binance's have. */
export const FIRST_ID = 4_000_000_000;
const ID_DIGITS = 10;
const TIME_DIGITS = 13;

/** A round of `turns` frames of each symbol; prices and sizes differ from frame to frame. */
export function createRound(wireSymbols: readonly string[], turns: number): Round {
  const frames: Buffer[] = [];
  const offsets: number[] = [];
  let length = 0;
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, symbol] of wireSymbols.entries()) {
      const payload = tradeFrame(symbol, turn * wireSymbols.length + index);
      const header = frameHeader(payload.length);
      const at = (mark: string) => length + header.length + payload.indexOf(mark) + mark.length;
      offsets.push(at('"t":'), at('"E":'), at('"T":'));
      frames.push(header, Buffer.from(payload));
      length += header.length + payload.length;
    }
  }
  return { bytes: Buffer.concat(frames), offsets: Uint32Array.from(offsets), events: offsets.length / 3 };
}

/** A copy of a round whose ids go on from `firstId` for every symbol, with `time` (UTC ms) in every frame. */
export function stampRound(
  { bytes, offsets, events }: Round,
  symbols: number,
  firstId: number,
  time: number,
) {
  const copy = Buffer.from(bytes);
  const stamp = String(time);
  for (let event = 0; event < events; event++) {
    writeDigits(copy, offsets[event * 3] as number, firstId + Math.floor(event / symbols), ID_DIGITS);
    copy.write(stamp, offsets[event * 3 + 1] as number, 'latin1');
    copy.write(stamp, offsets[event * 3 + 2] as number, 'latin1');
  }
  return copy;
}

function tradeFrame(symbol: string, n: number): string {
  const price = (60_000 + ((n * 37) % 9_000) / 100).toFixed(8);
  const size = (((n * 7919) % 90_000) / 1e5 + 0.00001).toFixed(8);
  const time = '0'.repeat(TIME_DIGITS);
  const id = '0'.repeat(ID_DIGITS);
  return `{"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":${time},"s":"${symbol}","t":${id},"p":"${price}","q":"${size}","T":${time},"m":${n % 2 === 0},"M":true}}`;
}

/** Header of an unmasked, final text frame. https://datatracker.ietf.org/doc/html/rfc6455#section-5.2 */
export function frameHeader(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, length]);
  return Buffer.from([0x81, 126, length >> 8, length & 0xff]);
}

function writeDigits(buffer: Buffer, at: number, value: number, digits: number) {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    buffer[i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
