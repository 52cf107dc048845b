import { hash } from './random.ts';

/**
 * One symbol as the engine trades it. Prices count in whole ticks of 10^-priceDecimals, sizes in whole lots of
 * 10^-sizeDecimals; both become decimal strings only at the edge.
 */
export interface Listing {
  /** `BTC/USDT`, `BTC/USDT:USDT` */
  symbol: string;
  /** The engine's and the ledger's own name: `BTCUSDT`, `BTCUSDT:USDT`. */
  id: string;
  base: string;
  quote: string;
  kind: 'spot' | 'linear' | 'inverse';
  /** `260327` of a dated future. */
  expiry?: string;
  priceDecimals: number;
  sizeDecimals: number;
  /** The price it wanders around, in the quote currency. */
  anchor: number;
}

const ANCHORS: Record<string, number> = { BTC: 60_000, ETH: 3_000, BNB: 600, SOL: 150, XRP: 2, DOGE: 0.2 };

/** Lists a unified symbol; the anchor of an unknown base lies between 0.5 and 500, decided by its name. */
export function list(symbol: string): Listing {
  const [pair = '', contract = ''] = symbol.split(':');
  const [base = '', quote = ''] = pair.split('/');
  const [settle = '', expiry] = contract.split('-');
  const anchor = ANCHORS[base] ?? 0.5 * 1000 ** (hash('anchor', base) / 2 ** 32);
  const magnitude = Math.floor(Math.log10(anchor));
  return {
    symbol,
    id: symbol.replace('/', ''),
    base,
    quote,
    kind: !settle ? 'spot' : settle === base ? 'inverse' : 'linear',
    ...(expiry && { expiry }),
    priceDecimals: Math.max(2, 5 - magnitude),
    sizeDecimals: Math.max(0, magnitude + 1),
    anchor,
  };
}

const WIRE_DECIMALS = 8;

/** Whole units of 10^-decimals as Binance writes amounts: `6168599n` at 2 decimals → `"61685.99000000"`. */
export function toWire(units: number | bigint, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  const fraction = digits.slice(point).padEnd(WIRE_DECIMALS, '0').slice(0, WIRE_DECIMALS);
  return `${digits.slice(0, point)}.${fraction}`;
}

/** Whole units of 10^-decimals with just those digits: `6168599` at 2 decimals → `"61685.99"`. */
export function plain(units: number | bigint, decimals: number): string {
  if (decimals === 0) return String(units);
  const digits = String(units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The whole units of a wire amount: `"61685.99000000"` at 2 decimals → 6168599. */
export function fromWire(text: string, decimals: number): number {
  const [whole = '', fraction = ''] = text.split('.');
  return Number(whole + fraction.padEnd(decimals, '0').slice(0, decimals));
}

/** A product of ticks and lots on the wire, cut to 8 decimals as Binance does. */
export function notionalToWire(units: number | bigint, { priceDecimals, sizeDecimals }: Listing): string {
  return toWire(units, priceDecimals + sizeDecimals);
}
