import type { Channel, Subscription, Venue } from '../venue.ts';

/** What one connection carries. */
export interface Part {
  url: string;
  wanted: readonly Subscription[];
}

/** The symbols that this channel is wanted of. */
export const symbolsOf = (channel: Channel, wanted: readonly Subscription[]): ReadonlySet<string> =>
  new Set(wanted.filter((each) => each.channel === channel).map(({ symbol }) => symbol));

/**
 * Where a venue takes a few messages a second, what is asked for first is back seconds earlier: trades, which would be
 * lost, and books, which nothing may trade on before. The rest says its newest when it comes.
 */
const FIRST: ReadonlySet<Channel> = new Set(['trades', 'book']);

/** What each connection carries, in the order in which to ask for it, within what the venue allows on one. */
export function splitByAddress(venue: Venue, subscriptions: readonly Subscription[]): Part[] {
  const { streamUrl, streamUrls = {}, limits } = venue;
  const urlOf = ({ channel }: Subscription) => streamUrls[channel] ?? streamUrl;
  return [...new Set(subscriptions.map(urlOf))].flatMap((url) => {
    const served = subscriptions.filter((subscription) => urlOf(subscription) === url);
    const parts = splitBySymbol(served, limits.subscriptionsPerConnection);
    return parts.map((wanted) => ({ url, wanted: inOrder(wanted) }));
  });
}

/** Keeps all of a symbol that one address serves on one connection, so that its events stay in order. */
function splitBySymbol(subscriptions: readonly Subscription[], most: number): Subscription[][] {
  const symbols = new Set(subscriptions.map(({ symbol }) => symbol));
  const parts: Subscription[][] = [];
  for (const symbol of symbols) {
    const wanted = subscriptions.filter((subscription) => subscription.symbol === symbol);
    const last = parts.at(-1);
    if (last && last.length + wanted.length <= most) last.push(...wanted);
    else parts.push([...wanted]);
  }
  return parts;
}

const inOrder = (wanted: readonly Subscription[]): Subscription[] => [
  ...wanted.filter(({ channel }) => FIRST.has(channel)),
  ...wanted.filter(({ channel }) => !FIRST.has(channel)),
];
