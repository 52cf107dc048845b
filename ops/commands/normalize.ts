import { findVenue } from '../../shared/exchanges/venues.ts';
import { writeOut } from '../output.ts';
import { Problems, readEvents } from '../recording.ts';

/** `millrace normalize`: a recording's events as NDJSON on stdout, what could not be read summed up on stderr. */
export async function normalize(
  file: string | undefined,
  { venue: name, market }: { venue: string; market: string },
): Promise<void> {
  const venue = findVenue(name, market);
  const problems = new Problems();
  for await (const events of readEvents(file, venue, problems)) {
    let text = '';
    for (const event of events) text += `${JSON.stringify(event)}\n`;
    await writeOut(text);
  }
  if (problems.count > 0) process.stderr.write(`millrace: ${problems.summary()}\n`);
}
