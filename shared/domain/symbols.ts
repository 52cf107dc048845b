/** `BTC/USDT` → `USDT`, `BTC/USDT:USDT` → `USDT`: the currency that prices and fees are in. */
export const quoteCurrency = (symbol: string): string => symbol.split('/')[1]?.split(':')[0] ?? '';

/** What a unified symbol stands for, and how one looks. */
export const SYMBOL_KINDS = {
  spot: 'BTC/USDT',
  'linear swap': 'BTC/USDT:USDT',
  'inverse swap': 'BTC/USD:BTC',
  'linear future': 'BTC/USDT:USDT-270326',
  'inverse future': 'BTC/USD:BTC-270326',
} as const;
export type SymbolKind = keyof typeof SYMBOL_KINDS;

/** As ccxt spells symbols: base, quote, what a contract is settled in, and when it expires. */
const UNIFIED = /^([^\s/:,]+)\/([^\s/:,-]+)(?::([^\s/:,-]+)(-\d{6})?)?$/;

/** `BTC/USD:BTC-270326` → `inverse future`; undefined for what is no unified symbol, such as an option. */
export function kindOf(symbol: string): SymbolKind | undefined {
  const [matched, base, , settle, expiry] = UNIFIED.exec(symbol) ?? [];
  if (!matched) return undefined;
  if (settle === undefined) return 'spot';
  return `${settle === base ? 'inverse' : 'linear'} ${expiry ? 'future' : 'swap'}`;
}

/** `spot symbols such as BTC/USDT`, `linear swap symbols such as BTC/USDT:USDT or …`: what a market takes. */
export function describeKinds(kinds: readonly SymbolKind[]): string {
  const examples = kinds.map((kind) => SYMBOL_KINDS[kind]);
  return `${kinds.join(' and ')} symbols, such as ${examples.join(' or ')}`;
}
