import { RejectError, UserError } from '../../errors.ts';

/** Bitget's public markets as we address them; the venue tells three products of futures apart. */
export type BitgetMarket = 'spot' | 'futures';
export type BitgetProduct = 'SPOT' | 'USDT-FUTURES' | 'USDC-FUTURES' | 'COIN-FUTURES';

/** Spot's quote currencies, those that end in another one first. */
const QUOTES = ['USDT', 'USDC', 'USDE', 'USD1', 'BTC', 'ETH', 'BGB', 'EUR', 'BRL', 'TRY', 'USD'];

/** Some coins have names that are not ASCII. */
const WIRE_SYMBOL = /^[\p{L}\p{N}]{2,40}$/u;
const UNIFIED = /^([^\s/:,-]+)\/([^\s/:,-]+)(?::([^\s/:,-]+))?$/;

/**
 * Bitget's spelling → ours: `BTCUSDT` → `BTC/USDT` or, of futures, `BTC/USDT:USDT`, `BTCPERP` → `BTC/USDC:USDC`,
 * `BTCUSD` → `BTC/USD:BTC`.
 * @throws {RejectError} for what is no symbol of this market
 */
export function unifyBitgetSymbol(wire: string, market: BitgetMarket): string {
  if (!WIRE_SYMBOL.test(wire)) throw new RejectError('symbol is malformed', 'symbol');
  return market === 'spot' ? unifySpot(wire) : unifyFutures(wire);
}

/**
 * Our spelling → Bitget's, and the product that it is of: a symbol under another product's name is acknowledged, and
 * never heard of again.
 * @throws {UserError} for a symbol that this market can't have
 */
export function spellBitgetSymbol(
  symbol: string,
  market: BitgetMarket,
): { instId: string; instType: BitgetProduct } {
  const [, base = '', quote = '', settle] = UNIFIED.exec(symbol) ?? [];
  if (market === 'spot' && base && !settle) return { instId: `${base}${quote}`, instType: 'SPOT' };
  if (market === 'futures' && settle) {
    if (settle === base && quote === 'USD') return { instId: `${base}USD`, instType: 'COIN-FUTURES' };
    if (settle === quote && quote === 'USDC') return { instId: `${base}PERP`, instType: 'USDC-FUTURES' };
    if (settle === quote && quote === 'USDT') return { instId: `${base}USDT`, instType: 'USDT-FUTURES' };
  }
  const example = market === 'spot' ? 'BTC/USDT' : 'BTC/USDT:USDT, BTC/USDC:USDC or BTC/USD:BTC';
  throw new UserError(`Bitget ${market} has no symbol "${symbol}": its symbols are written like ${example}`);
}

function unifySpot(wire: string): string {
  const quote = QUOTES.find((name) => wire.length > name.length && wire.endsWith(name));
  if (!quote) throw new RejectError('symbol has no known quote currency', 'symbol');
  return `${wire.slice(0, -quote.length)}/${quote}`;
}

function unifyFutures(wire: string): string {
  const [, base, term] = /^(.+?)(USDT|PERP|USD)$/u.exec(wire) ?? [];
  if (!base) throw new RejectError('symbol is no perpetual contract', 'symbol');
  if (term === 'USDT') return `${base}/USDT:USDT`;
  return term === 'PERP' ? `${base}/USDC:USDC` : `${base}/USD:${base}`;
}
