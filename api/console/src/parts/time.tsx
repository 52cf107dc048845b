import { utc } from './format.ts';

/** A moment in UTC; the full time stands in its title. */
export function Time({ at }: { at: number }) {
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${iso.replace('T', ' ').replace('Z', '')} UTC`} className="number">
      {utc(at)}
    </time>
  );
}
