import { RejectError, UserError } from '../../errors.ts';
import { CurrencyNames } from '../currency-names.ts';

/** As ccxt has them. */
const NAMES = new CurrencyNames({
  ...{ UST: 'USDT', UDC: 'USDC', TSD: 'TUSD', TERRAUST: 'USTC', EUS: 'EURS', EUT: 'EURT', XCH: 'XCHF' },
  ...{ ALG: 'ALGO', AMP: 'AMPL', ATO: 'ATOM', BCHABC: 'XEC', BCHN: 'BCH', DAT: 'DATA', DOG: 'MDOGE' },
  ...{ DSH: 'DASH', EDO: 'PNT', HTX: 'HT', IDX: 'ID', IOT: 'IOTA', IQX: 'IQ', LUNA: 'LUNC', LUNA2: 'LUNA' },
  ...{ MNA: 'MANA', PAS: 'PASS', QSH: 'QASH', QTM: 'QTUM', RBT: 'RBTC', SNG: 'SNGLS', STJ: 'STORJ' },
  ...{ VSY: 'VSYS', WAX: 'WAXP', YGG: 'YEED', YYW: 'YOYOW', ZBT: 'ZB' },
});

const SIX_LETTERS = /^t([A-Z0-9]{3})([A-Z0-9]{3})$/;
const WITH_COLON = /^t([A-Z0-9]{1,20}):([A-Z0-9]{1,20})$/;
const CONTRACT = /F0$/;
const SYMBOL = /^([A-Z0-9]{1,20})\/([A-Z0-9]{1,20})$/;

/**
 * `tBTCUST` → `BTC/USDT`, `tLINK:USD` → `LINK/USD`. https://docs.bitfinex.com/docs/ws-general#supported-pairs
 * @throws {RejectError} for what is no pair of currencies, such as a contract (`tBTCF0:USTF0`)
 */
export function unifyBitfinexSymbol(wire: string): string {
  const [, base, quote] = SIX_LETTERS.exec(wire) ?? WITH_COLON.exec(wire) ?? [];
  if (!base || !quote || CONTRACT.test(base)) throw new RejectError('symbol is no pair', 'symbol');
  return `${NAMES.unify(base)}/${NAMES.unify(quote)}`;
}

/** `BTC/USDT` → `tBTCUST`; names of more than three letters are set apart. @throws {UserError} for what is no pair */
export function spellBitfinexSymbol(symbol: string): string {
  const [, base, quote] = SYMBOL.exec(symbol) ?? [];
  if (!base || !quote) {
    throw new UserError(`Bitfinex has no symbol "${symbol}": its symbols are written like BTC/USD`);
  }
  const names = [NAMES.spell(base), NAMES.spell(quote)];
  return `t${names.join(names.every((name) => name.length === 3) ? '' : ':')}`;
}
