/** `BTC/USDT` → `USDT`, `BTC/USDT:USDT` → `USDT`: the currency that prices and fees are in. */
export const quoteCurrency = (symbol: string): string => symbol.split('/')[1]?.split(':')[0] ?? '';
