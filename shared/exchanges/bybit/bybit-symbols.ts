import { RejectError, UserError } from '../../errors.ts';

/** Bybit's public markets. Spot and linear share spellings (`BTCUSDT`): only the market tells them apart. */
export type BybitMarket = 'spot' | 'linear' | 'inverse';

/** Spot's quote currencies, those that end in another one first. */
const QUOTES = [
  ...['USDT', 'USDC', 'USDE', 'USDQ', 'USDR', 'USD1', 'EURQ', 'EURR', 'RLUSD'],
  ...['BTC', 'ETH', 'DAI', 'EUR', 'BRZ', 'BRL', 'TRY', 'PLN', 'SOL', 'MNT', 'USD'],
];

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** Inverse quarterlies end on the last Friday of the month that a letter stands for: `BTCUSDH24` in March 2024. */
const QUARTERS: Readonly<Record<string, number>> = { H: 2, M: 5, U: 8, Z: 11 };

const WIRE_SYMBOL = /^[A-Za-z0-9-]{2,40}$/;
const CODED = /^([A-Z0-9]+)USD([HMUZ])(\d\d)$/;
const DATED = /^([A-Z0-9]+)-(\d{1,2})([A-Z]{3})(\d\d)$/;
const UNIFIED = /^([A-Za-z0-9]+)\/([A-Z0-9]+)(?::([A-Z0-9]+)(?:-(\d\d)(\d\d)(\d\d))?)?$/;

/**
 * Bybit's spelling → ours: `BTCUSDT` → `BTC/USDT` or `BTC/USDT:USDT`, `BTCPERP` → `BTC/USDC:USDC`,
 * `BTCUSDT-29NOV24` → `BTC/USDT:USDT-241129`, `BTCUSDH24` → `BTC/USD:BTC-240329`.
 * https://bybit-exchange.github.io/docs/v5/enum#symbol
 * @throws {RejectError} for what is no symbol of this market
 */
export function unifyBybitSymbol(wire: string, market: BybitMarket): string {
  if (!WIRE_SYMBOL.test(wire)) throw new RejectError('symbol is malformed', 'symbol');
  if (market === 'spot') return unifySpot(wire);
  return market === 'linear' ? unifyLinear(wire) : unifyInverse(wire);
}

/**
 * Our spelling → Bybit's.
 * @throws {UserError} for a symbol that this market can't have
 */
export function spellBybitSymbol(symbol: string, market: BybitMarket): string {
  const [, base = '', quote = '', settle, year, month, day] = UNIFIED.exec(symbol) ?? [];
  if (market === 'spot' && base && !settle) return `${base}${quote}`;
  if (market === 'linear' && settle && settle === quote) {
    if (year) return `${quote === 'USDC' ? base : base + quote}-${Number(day)}${nameOf(month)}${year}`;
    return quote === 'USDC' ? `${base}PERP` : `${base}${quote}`;
  }
  if (market === 'inverse' && settle && settle === base) {
    const letter = Object.keys(QUARTERS).find((key) => QUARTERS[key] === Number(month) - 1) ?? '';
    return `${base}${quote}${year ? letter + year : ''}`;
  }
  const example = { spot: 'BTC/USDT', linear: 'BTC/USDT:USDT', inverse: 'BTC/USD:BTC' }[market];
  throw new UserError(`Bybit ${market} has no symbol "${symbol}": its symbols are written like ${example}`);
}

function unifySpot(wire: string): string {
  const quote = QUOTES.find((name) => wire.length > name.length && wire.endsWith(name));
  if (!quote) throw new RejectError('symbol has no known quote currency', 'symbol');
  return `${wire.slice(0, -quote.length)}/${quote}`;
}

function unifyLinear(wire: string): string {
  const dated = DATED.exec(wire);
  const name = dated?.[1] ?? wire;
  const pair = /^(.+)USDT$/.exec(name);
  const usdc = dated ? name : /^(.+)PERP$/.exec(name)?.[1];
  const contract = pair ? `${pair[1]}/USDT:USDT` : usdc && `${usdc}/USDC:USDC`;
  if (!contract) throw new RejectError('symbol is no linear contract', 'symbol');
  return dated ? `${contract}-${dated[4]}${monthOf(dated[3])}${dated[2]?.padStart(2, '0')}` : contract;
}

function unifyInverse(wire: string): string {
  const coded = CODED.exec(wire);
  if (coded) {
    const [, base, letter = '', year] = coded;
    return `${base}/USD:${base}-${lastFriday(2000 + Number(year), QUARTERS[letter] as number)}`;
  }
  const base = /^(.+)USD$/.exec(wire)?.[1];
  if (!base) throw new RejectError('symbol is no inverse contract', 'symbol');
  return `${base}/USD:${base}`;
}

/** `NOV` → `11`. */
function monthOf(name: string | undefined): string {
  const index = MONTHS.indexOf(name ?? '');
  if (index === -1) throw new RejectError('symbol has no known month', 'symbol');
  return String(index + 1).padStart(2, '0');
}

/** `11` → `NOV`. */
const nameOf = (month: string | undefined) => MONTHS[Number(month) - 1] ?? '';

/** `(2024, 2)` → `240329`. */
function lastFriday(year: number, month: number): string {
  const day = new Date(Date.UTC(year, month + 1, 0));
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 2) % 7));
  return day.toISOString().slice(2, 10).replaceAll('-', '');
}
