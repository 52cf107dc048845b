import { RejectError } from '../../errors.ts';

const NAME = /^[A-Z0-9]{1,24}$/i;
const TERM = /^(SWAP|\d{6})$/;

/**
 * `BTC-USDT` → `BTC/USDT`, `BTC-USDT-SWAP` → `BTC/USDT:USDT`, `BTC-USD-260327` → `BTC/USD:BTC-260327`: what is quoted
 * in plain dollars is settled in the coin, everything else in what it is quoted in.
 * @throws {RejectError} for what is neither spot, swap nor dated future
 */
export function unifyOkxSymbol(instId: string): string {
  const [base = '', quote = '', term, ...rest] = instId.split('-');
  if (!NAME.test(base) || !NAME.test(quote) || rest.length > 0) throw malformed();
  if (term === undefined) return `${base}/${quote}`;
  if (!TERM.test(term)) throw malformed();
  const settle = quote === 'USD' ? base : quote;
  return `${base}/${quote}:${settle}${term === 'SWAP' ? '' : `-${term}`}`;
}

/** `BTC/USD:BTC-260327` → `BTC-USD-260327`. */
export function okxInstId(symbol: string): string {
  const [pair = '', settle] = symbol.split(':');
  const inst = pair.replace('/', '-');
  return settle === undefined ? inst : `${inst}-${settle.split('-')[1] ?? 'SWAP'}`;
}

const malformed = () => new RejectError('symbol is malformed', 'symbol');
