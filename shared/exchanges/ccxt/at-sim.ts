import type { Exchange } from 'ccxt';
import { UserError } from '../../errors.ts';
import { type Entry, nativeEntries } from '../entries.ts';

/**
 * Where the simulated exchange speaks this exchange's dialect: `<simUrl>/<venue>/<market>`, as for our own adapters.
 * @throws {UserError} for an exchange that it does not speak for
 */
export function simAddress({ name, ccxtId, takes }: Entry, simUrl: string | undefined): string {
  const spoken = nativeEntries().find(
    (entry) => entry.venue === ccxtId && entry.takes.some((kind) => takes.includes(kind)),
  );
  if (simUrl && spoken) return `${simUrl.replace(/\/+$/, '')}/${spoken.venue}/${spoken.market}`;
  const others = [...new Set(nativeEntries().map(({ venue }) => venue))].filter((venue) => venue !== 'sim');
  throw new UserError(
    `REHEARSAL=on: the simulated exchange does not speak for "${name}": of ccxt's it speaks for ${others.map((venue) => `ccxt:${venue}`).join(', ')}`,
  );
}

/** Has ccxt's exchange talk to another address; the paths stay. */
export async function relocate(exchange: Exchange, base: string): Promise<void> {
  const at = (url: string, to: string) => {
    const { pathname, search } = new URL(url.replace('{hostname}', exchange.hostname ?? ''));
    return `${to}${pathname === '/' ? '' : pathname}${search}`;
  };
  const sockets = base.replace(/^http/, 'ws');
  const { api } = exchange.urls as { api: Addresses };
  api.ws = moved(api.ws ?? {}, (url) => at(url, sockets));
  const sign = exchange.sign.bind(exchange);
  exchange.sign = (...args) => {
    const signed = sign(...args);
    return { ...signed, url: at(signed.url, base) };
  };
  // Its sockets without TLS want an agent of their own.
  await exchange.loadHttpProxyAgent();
}

/** ccxt's addresses by purpose, in tables within tables. */
interface Addresses {
  [purpose: string]: string | Addresses;
}

function moved(from: string | Addresses, move: (url: string) => string): string | Addresses {
  if (typeof from === 'string') return move(from);
  return Object.fromEntries(Object.entries(from).map(([purpose, part]) => [purpose, moved(part, move)]));
}
