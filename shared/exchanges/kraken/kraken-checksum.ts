import { crc32 } from 'node:zlib';
import type { Level } from '../../domain/market.ts';
import type { Checksum, Decimals } from '../venue.ts';

const ZERO = 48;

/**
 * CRC32 over the top 10 asks, then the top 10 bids, best first: price and size with the wire's digits, without the
 * point and leading zeros. https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2
 */
export function krakenChecksum(): Checksum {
  const [spelledBids, spelledAsks] = [new SpelledSide(), new SpelledSide()];
  return (bids, asks, decimals) => crc32(spelledAsks.take(asks, decimals) + spelledBids.take(bids, decimals));
}

/** The levels of a side in digits. An update changes one or two: the others are spelled already. */
class SpelledSide {
  #levels: readonly Level[] = [];
  #digits: readonly string[] = [];
  #decimals: Decimals | undefined;

  take(levels: readonly Level[], decimals: Decimals): string {
    const before = decimals === this.#decimals ? this.#levels : [];
    const digits: string[] = [];
    for (const level of levels) {
      const at = before.indexOf(level);
      digits.push(at === -1 ? spelled(level, decimals) : (this.#digits[at] as string));
    }
    this.#levels = levels;
    this.#digits = digits;
    this.#decimals = decimals;
    return digits.join('');
  }
}

const spelled = ([price, size]: Level, [priceDecimals, sizeDecimals]: Decimals) =>
  digitsOf(price, priceDecimals) + digitsOf(size, sizeDecimals);

/** `("0.001", 8)` → `"100000"`. */
function digitsOf(decimal: string, decimals: number): string {
  const dot = decimal.indexOf('.');
  const whole = dot === -1 ? decimal : decimal.slice(0, dot);
  const fraction = dot === -1 ? '' : decimal.slice(dot + 1);
  const digits = whole + fraction.padEnd(decimals, '0');
  let start = 0;
  while (digits.charCodeAt(start) === ZERO) start++;
  return digits.slice(start);
}
