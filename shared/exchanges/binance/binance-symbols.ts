import { RejectError } from '../../errors.ts';

/**
 * Binance writes `BTCUSDT` for BTC/USDT and says nowhere in a frame where the base ends. The quote currencies that
 * its spot market has had, those that end in another one first.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints (exchangeInfo)
 */
const QUOTES = [
  ...['FDUSD', 'BFUSD', 'USDT', 'USDC', 'TUSD', 'BUSD', 'USDP', 'USDS', 'USDE', 'USD1', 'XUSD', 'RLUSD'],
  ...['BIDR', 'IDRT', 'BKRW', 'BVND', 'DOGE', 'EURI'],
  ...['BTC', 'ETH', 'BNB', 'DAI', 'EUR', 'TRY', 'BRL', 'JPY', 'GBP', 'AUD', 'RUB', 'UAH', 'NGN', 'ZAR'],
  ...[
    'PLN',
    'RON',
    'ARS',
    'CZK',
    'MXN',
    'COP',
    'IDR',
    'PAX',
    'VAI',
    'UST',
    'XRP',
    'TRX',
    'DOT',
    'SOL',
    'USD',
  ],
  'U',
];

/** `ADAEUR` is ADA/EUR, but these three end in Anchored Coins' AEUR. */
const EXCEPTIONS = new Map([
  ['BTCAEUR', 'BTC/AEUR'],
  ['ETHAEUR', 'ETH/AEUR'],
  ['EURAEUR', 'EUR/AEUR'],
]);

const WIRE_SYMBOL = /^[\p{L}\p{N}_]{2,40}$/u;

/** `1000SATSFDUSD` → `1000SATS/FDUSD`. @throws {RejectError} for what is no symbol or has no known quote */
export function splitBinanceSymbol(wire: string): string {
  if (!WIRE_SYMBOL.test(wire)) throw new RejectError('symbol is malformed', 'symbol');
  const exception = EXCEPTIONS.get(wire);
  if (exception) return exception;
  const quote = QUOTES.find((name) => wire.length > name.length && wire.endsWith(name));
  if (!quote) throw new RejectError('symbol has no known quote currency', 'symbol');
  return `${wire.slice(0, -quote.length)}/${quote}`;
}

/** `BTC/USDT` → `BTCUSDT`. */
export const joinBinanceSymbol = (symbol: string): string => symbol.replace('/', '');
