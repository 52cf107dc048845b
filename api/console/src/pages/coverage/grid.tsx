import { useEffect, useRef } from 'react';
import type { Coverage } from '../../data/wire.ts';
import { VenueBadge } from '../../parts/badges.tsx';
import { count } from '../../parts/format.ts';

/** A row of days for every market, the newest in sight: the colour says how complete a day is, its title the figures. */
export function CoverageGrid({ rows }: { rows: readonly Coverage[] }) {
  const days = [...new Set(rows.map(({ day }) => day))];
  const region = useRef<HTMLElement>(null);
  useEffect(() => {
    if (region.current) region.current.scrollLeft = region.current.scrollWidth;
  }, []);
  const markets = new Map<string, Coverage[]>();
  for (const row of rows) {
    const market = `${row.venue} ${row.symbol}`;
    markets.set(market, [...(markets.get(market) ?? []), row]);
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section ref={region} className="scroll" tabIndex={0} aria-label="Completeness by day">
      <table className="strip" aria-label="Completeness by day">
        <thead>
          <tr>
            <th scope="col">Market</th>
            {days.map((day) => (
              <th key={day} scope="col" title={day}>
                {day.slice(5)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...markets].map(([market, cells]) => (
            <tr key={market}>
              <th scope="row" className="nowrap">
                {cells[0]?.symbol} <VenueBadge venue={cells[0]?.venue ?? ''} />
              </th>
              {cells.map((cell) => (
                <td key={cell.day} className={`day ${gradeOf(cell.share)}`} title={describe(cell)}>
                  {shareOf(cell.share)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function gradeOf(share: number | null): string {
  if (share === null) return 'none';
  if (share === 1) return 'whole';
  return share >= 0.99 ? 'most' : 'part';
}

/** Never rounded up: only a whole day is 100. */
const shareOf = (share: number | null): string =>
  share === null ? '–' : share === 1 ? '100' : (Math.floor(share * 1_000) / 10).toFixed(1);

function describe({ day, share, trades, open, unfillable, closed, missing, filled }: Coverage): string {
  if (share === null) return `${day}: not recorded`;
  return [
    `${day}: ${shareOf(share)} % of the record is known to be complete`,
    `${count(trades)} trades`,
    `${closed} gaps closed, ${open} open, ${unfillable} lost`,
    `${count(missing)} trades missed, ${count(filled)} fetched`,
  ].join('\n');
}
