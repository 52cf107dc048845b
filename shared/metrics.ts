import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The metrics of one process. Names follow https://prometheus.io/docs/practices/naming/.
 * A process publishes its registry's text with its heartbeat; the api's `/metrics` merges them all.
 */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(process: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    events: new Counter({
      name: 'millrace_events_total',
      help: 'Normalized events by venue and type',
      labelNames: ['venue', 'type'],
      registers,
    }),
    badFrames: new Counter({
      name: 'millrace_bad_frames_total',
      help: 'Frames set aside by venue and reason',
      labelNames: ['venue', 'reason'],
      registers,
    }),
    reconnects: new Counter({
      name: 'millrace_feed_reconnects_total',
      help: 'Feed connections that were cut, or could not be made, and are opened again',
      labelNames: ['venue'],
      registers,
    }),
    handovers: new Counter({
      name: 'millrace_feed_handovers_total',
      help: 'Planned reconnects: another connection took over and nothing was lost',
      labelNames: ['venue'],
      registers,
    }),
    brokenBooks: new Counter({
      name: 'millrace_broken_books_total',
      help: 'Live order books that turned out to be wrong and were fetched anew, by cause',
      labelNames: ['venue', 'cause'],
      registers,
    }),
    bookAudits: new Counter({
      name: 'millrace_book_audits_total',
      help: 'Order books compared with the REST of their venue, by result: right or wrong',
      labelNames: ['venue', 'result'],
      registers,
    }),
    quotaWait: new Gauge({
      name: 'millrace_quota_wait_seconds',
      help: 'Time spent in line for what a venue allows an address, by what is counted and where',
      labelNames: ['quota'],
      registers,
    }),
    spoolBytes: new Gauge({
      name: 'millrace_spool_bytes',
      help: 'Events that wait on disk for the queues',
      labelNames: ['venue'],
      registers,
    }),
    unlisted: new Gauge({
      name: 'millrace_unlisted_symbols',
      help: '1 for each symbol that is configured and not listed by its venue',
      labelNames: ['venue', 'symbol'],
      registers,
    }),
    rows: new Counter({
      name: 'millrace_rows_total',
      help: 'Rows committed by table',
      labelNames: ['table'],
      registers,
    }),
    gapTrades: new Counter({
      name: 'millrace_gap_trades_total',
      help: 'Trades that gaps missed, by venue: filled from its history, or lost',
      labelNames: ['venue', 'outcome'],
      registers,
    }),
    tasks: new Counter({
      name: 'millrace_tasks_total',
      help: 'Tasks that ended, by name and state',
      labelNames: ['task', 'state'],
      registers,
    }),
    taskSeconds: new Histogram({
      name: 'millrace_task_duration_seconds',
      help: 'Run time of tasks',
      labelNames: ['task'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600],
      registers,
    }),
    eventToRow: new Histogram({
      name: 'millrace_event_to_row_seconds',
      help: 'Receipt of an event to its committed row, oldest of a batch',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1, 5, 30],
      registers,
    }),
    signals: new Counter({
      name: 'millrace_signals_total',
      help: 'Signals stored',
      labelNames: ['strategy', 'side'],
      registers,
    }),
    orders: new Counter({
      name: 'millrace_orders_total',
      help: 'Orders that reached a state',
      labelNames: ['state'],
      registers,
    }),
    leaseToken: new Gauge({
      name: 'millrace_lease_token',
      help: 'Fencing token while this process holds the lease',
      labelNames: ['key'],
      registers,
    }),
  };
}
