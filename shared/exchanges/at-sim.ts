import type { Venue } from './venue.ts';

/**
 * The same venue, every rule and word of it, spoken to at the simulated exchange: its sockets and REST calls go to
 * `<simUrl>/<venue>/<market>` and keep the paths that they have at the venue.
 */
export function atSim(venue: Venue, simUrl: string): Venue {
  const base = `${simUrl.replace(/\/+$/, '')}/${venue.name}/${venue.market}`;
  const relocate = (url: string) => {
    const { pathname, search } = new URL(url);
    return `${base.replace(/^http/, 'ws')}${pathname}${search}`;
  };
  const { streamUrls = {}, history } = venue;
  return {
    ...venue,
    label: `SIM (${venue.label})`,
    simulated: true,
    streamUrl: relocate(venue.streamUrl),
    streamUrls: Object.fromEntries(
      Object.entries(streamUrls).map(([channel, url]) => [channel, relocate(url)]),
    ),
    history: { ...history, restOrigin: base },
  };
}
