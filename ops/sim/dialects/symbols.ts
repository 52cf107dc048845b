import type { Dialect } from '../dialect.ts';
import { list } from '../listing.ts';

/** Unified symbols of these coins, in the one form that a dialect's market has: spot, linear, inverse or dated. */
export function symbolsOf(dialect: Dialect, bases: readonly string[]): string[] {
  return bases.map((base) => {
    const forms = [`${base}/USDT`, `${base}/USDT:USDT`, `${base}/USD:${base}`, `${base}/USDT:USDT-270326`];
    const symbol = forms.find((form) => dialect.spell(list(form)) !== undefined);
    if (!symbol) throw new Error(`${dialect.venue} ${dialect.market} has no market of ${base}`);
    return symbol;
  });
}
