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

const PLAIN = /^-?\d+(\.\d+)?$/;
const SCIENTIFIC = /^-?\d+(\.\d+)?[eE][+-]?\d{1,3}$/;

/**
 * The shortest plain spelling of a decimal: `"61684.00000000"` → `"61684"`, `"2.505e-05"` → `"0.00002505"`.
 * Returns undefined for anything that is no finite decimal number of at most 64 characters.
 */
export function canonicalDecimal(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 64) return undefined;
  if (PLAIN.test(text)) return trimZeros(text);
  return SCIENTIFIC.test(text) ? new Decimal(text).toFixed() : undefined;
}

function trimZeros(text: string): string {
  let start = text.charCodeAt(0) === 45 ? 1 : 0;
  const sign = start;
  const dot = text.indexOf('.');
  let end = text.length;
  if (dot !== -1) {
    while (text.charCodeAt(end - 1) === 48) end--;
    if (end - 1 === dot) end = dot;
  }
  const wholeEnd = dot === -1 || end <= dot ? end : dot;
  while (start < wholeEnd - 1 && text.charCodeAt(start) === 48) start++;
  const digits = text.slice(start, end);
  return sign && digits !== '0' ? `-${digits}` : digits;
}
