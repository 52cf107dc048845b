/**
 * Has ccxt list the markets of one type only: fewer calls, and none to hosts that are not needed.
 * Its setting is a list of types or a table of them, in each exchange's own words.
 */
export function listOnly(exchange: { options: Record<string, unknown> }, market: string): void {
  const setting = exchange.options.fetchMarkets as { types?: unknown } | undefined;
  if (!setting?.types) return;
  const isWanted = (type: string) =>
    market === 'spot' ? type === 'spot' : !['spot', 'margin', 'option', 'stock'].includes(type);
  setting.types = Array.isArray(setting.types)
    ? setting.types.filter(isWanted)
    : Object.fromEntries(Object.keys(setting.types).map((type) => [type, isWanted(type)]));
}
