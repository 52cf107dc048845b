import { RejectError } from '../../errors.ts';

/** One futures market's spelling of its symbols. */
export interface Spelling {
  /** Ours → the venue's. */
  join(symbol: string): string;
  /** The venue's → ours. @throws {RejectError} for what is no symbol or has no known quote */
  split(wire: string): string;
}

/** Those that end in another one first. */
const QUOTES = ['USDT', 'USDC', 'BUSD', 'FDUSD', 'USD1', 'BTC', 'USD', 'U'];
const LINEAR = /^([\p{L}\p{N}]{2,40})(?:_(\d{6}))?$/u;
const INVERSE = /^([A-Z0-9]{1,20})USD_(PERP|\d{6})$/;

/** `BTCUSDT` ↔ `BTC/USDT:USDT`, `BTCUSDT_260327` ↔ `BTC/USDT:USDT-260327`: settled in what they are quoted in. */
export const USDM_SPELLING: Spelling = {
  join(symbol) {
    const { pair, expiry } = partsOf(symbol);
    return expiry ? `${pair}_${expiry}` : pair;
  },
  split(wire) {
    const [, pair, expiry] = LINEAR.exec(wire) ?? [];
    if (!pair) throw new RejectError('symbol is malformed', 'symbol');
    const quote = QUOTES.find((name) => pair.length > name.length && pair.endsWith(name));
    if (!quote) throw new RejectError('symbol has no known quote currency', 'symbol');
    return `${pair.slice(0, -quote.length)}/${quote}:${quote}${expiry ? `-${expiry}` : ''}`;
  },
};

/** `BTCUSD_PERP` ↔ `BTC/USD:BTC`, `BTCUSD_260327` ↔ `BTC/USD:BTC-260327`: settled in the coin. */
export const COINM_SPELLING: Spelling = {
  join(symbol) {
    const { pair, expiry } = partsOf(symbol);
    return `${pair}_${expiry ?? 'PERP'}`;
  },
  split(wire) {
    const [, coin, term] = INVERSE.exec(wire) ?? [];
    if (!coin) throw new RejectError('symbol is malformed', 'symbol');
    return `${coin}/USD:${coin}${term === 'PERP' ? '' : `-${term}`}`;
  },
};

function partsOf(symbol: string): { pair: string; expiry: string | undefined } {
  const [pair = '', settle = ''] = symbol.split(':');
  return { pair: pair.replace('/', ''), expiry: settle.split('-')[1] };
}
