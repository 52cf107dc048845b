import { Big } from 'big.js';

/**
 * Exact decimal arithmetic for money. Sums, differences and products are exact; a quotient is cut to 18 decimal
 * places, half-even. Never use it with a float that stands for money: pass the venue's string.
 */
export const Decimal = Big();
Decimal.DP = 18;
Decimal.RM = 2;
Decimal.strict = false;
Decimal.NE = -30;
Decimal.PE = 40;
export type Decimal = Big;

const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const LONGEST = 64;
const SCIENTIFIC = /^-?\d+(\.\d+)?[eE][+-]?\d{1,3}$/;

/**
 * The shortest plain spelling of a decimal: `"61684.00000000"` → `"61684"`, `"2.505e-05"` → `"0.00002505"`.
 * Returns undefined for anything that is no finite decimal number of at most 64 characters.
 */
export function canonicalDecimal(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > LONGEST) return undefined;
  const plain = reader.read(text, 0);
  if (reader.end === text.length) return plain;
  return SCIENTIFIC.test(text) ? new Decimal(text).toFixed() : undefined;
}

/** Reads plain decimals that stand somewhere in a text. */
export class DecimalReader {
  /** Where the last number ended. */
  end = 0;
  /** How many digits it had behind the point, as written. */
  decimals = 0;

  /** The shortest spelling of the number that begins at `from`; undefined where none begins. */
  read(text: string, from: number): string | undefined {
    const isNegative = text.charCodeAt(from) === MINUS;
    const first = isNegative ? from + 1 : from;
    let at = first;
    let start = first;
    let dot = 0;
    let last = 0;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit > 0 && digit < 10) last = at;
      else if (digit === DOT - ZERO && dot === 0 && at > first) dot = at;
      else if (digit !== 0) break;
    }
    this.end = at;
    this.decimals = dot === 0 ? 0 : at - dot - 1;
    if (at === first || (dot !== 0 && dot === at - 1)) {
      this.end = -1;
      return undefined;
    }
    const whole = dot === 0 ? at : dot;
    while (start < whole - 1 && text.charCodeAt(start) === ZERO) start++;
    const end = last > whole ? last + 1 : whole;
    if (start === 0 && end === text.length) return text;
    const digits = text.slice(start, end);
    return isNegative && digits !== '0' ? `-${digits}` : digits;
  }
}

const reader = new DecimalReader();
