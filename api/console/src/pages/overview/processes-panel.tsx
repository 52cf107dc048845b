import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { processes } from '../../data/queries.ts';
import type { Feed, Process } from '../../data/wire.ts';
import { StateBadge, VenueBadge } from '../../parts/badges.tsx';
import { duration, megabytes } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';

const SILENT_MS = 6_000;

/** Every feed with its state and reason, every process with its last sign of life. */
export function ProcessesPanel() {
  const query = useQuery(processes());
  return (
    <Panel title="Feeds and processes" aside={<Sum processes={query.data} />}>
      <Loaded query={query} empty="No process has said anything for ten seconds." rows={6}>
        {(rows) => (
          <ul className="list">
            {rows.flatMap((process) =>
              process.feeds.map((feed) => (
                <FeedLine key={`${process.id} ${feed.venue} ${feed.symbols.join()}`} feed={feed} />
              )),
            )}
            {rows.map((process) => (
              <ProcessLine key={process.id} process={process} />
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function Sum({ processes: rows = [] }: { processes: Process[] | undefined }) {
  return (
    <Text size="xs" c="dimmed">
      {rows.length} up
    </Text>
  );
}

function FeedLine({ feed }: { feed: Feed }) {
  return (
    <li>
      <div className="row">
        <span className="row-start">
          <span className={`dot ${feed.state === 'live' ? 'ok' : feed.state === 'down' ? 'bad' : 'warn'}`} />
          <span className="strong">Feed {feed.entry}</span> <VenueBadge venue={feed.venue} />
        </span>
        <StateBadge state={feed.state} />
      </div>
      <div className="unit">
        {feed.symbols.join(' · ')}
        {feed.reconnects > 0 && ` · ${feed.reconnects} reconnects`}
      </div>
      {feed.reason && feed.missing.every(({ reason }) => !feed.reason?.includes(reason)) && (
        <div className="down">{feed.reason}</div>
      )}
      {feed.missing.map(({ symbol, reason }) => (
        <div key={symbol} className="down">
          {reason}
        </div>
      ))}
    </li>
  );
}

function ProcessLine({ process }: { process: Process }) {
  const silentMs = Date.now() - process.beatAt;
  return (
    <li>
      <div className="row">
        <span className="row-start">
          <span
            className={`dot ${silentMs < SILENT_MS ? 'ok' : 'warn'}`}
            title={`last beat ${duration(Math.max(0, silentMs))} ago`}
          />
          <span>
            {process.name.startsWith(process.kind) ? process.name : `${process.kind} ${process.name}`}
          </span>
        </span>
        <span className="number unit">
          {process.spooledBytes > 0 && <Spooled bytes={process.spooledBytes} />}
          {process.slots > 0 && `${process.busy}/${process.slots} busy · `}
          {megabytes(process.rssBytes)} · up {duration(Math.max(0, Date.now() - process.startedAt))}
        </span>
      </div>
    </li>
  );
}

function Spooled({ bytes }: { bytes: number }) {
  return (
    <Badge
      size="sm"
      color="yellow"
      variant="light"
      radius="sm"
      mr={8}
      title="Events wait on disk, in order, until the queues take them"
    >
      {bytes < 1024 * 1024 ? 'under 1 MB' : megabytes(bytes)} in the spool
    </Badge>
  );
}
