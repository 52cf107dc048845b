import { RejectError, UserError } from '../../errors.ts';
import { CurrencyNames } from '../currency-names.ts';

/** As ccxt has them. */
const NAMES = new CurrencyNames({
  ...{ BIFI: 'BIFIF', VAI: 'VAIOT', WAX: 'WAXP', ALT: 'APTOSLAUNCHTOKEN', KALT: 'ALT' },
});

const WIRE_SYMBOL = /^([A-Z0-9]{1,20})-([A-Z0-9]{1,20})$/;
const SYMBOL = /^([A-Z0-9]{1,20})\/([A-Z0-9]{1,20})$/;

/** `BTC-USDT` → `BTC/USDT`. @throws {RejectError} for what is no pair */
export function unifyKucoinSymbol(wire: string): string {
  const [, base, quote] = WIRE_SYMBOL.exec(wire) ?? [];
  if (!base || !quote) throw new RejectError('symbol is no pair', 'symbol');
  return `${NAMES.unify(base)}/${NAMES.unify(quote)}`;
}

/** `BTC/USDT` → `BTC-USDT`. @throws {UserError} for what is no pair */
export function spellKucoinSymbol(symbol: string): string {
  const [, base, quote] = SYMBOL.exec(symbol) ?? [];
  if (base && quote) return `${NAMES.spell(base)}-${NAMES.spell(quote)}`;
  throw new UserError(`KuCoin has no symbol "${symbol}": its symbols are written like BTC/USDT`);
}
