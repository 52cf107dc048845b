import { Gauge, Registry } from 'prom-client';
import { countOpenGaps } from '../../shared/db/gaps.ts';
import { listMetrics } from '../../shared/queue/heartbeat.ts';
import { defineRoute } from '../http/route.ts';
import { mergeMetrics } from '../status/merge-metrics.ts';
import { listQueueDepths, type QueueDepth } from '../status/queue-depths.ts';

export const metrics = defineRoute({
  method: 'get',
  path: '/metrics',
  access: 'viewer',
  bearer: ({ config }) => config.METRICS_TOKEN,
  tag: 'health',
  summary: 'Metrics of every living process and the queues, for Prometheus; METRICS_TOKEN opens it too',
  produces: 'text/plain; version=0.0.4',
  async handler(_input, { config, queues, redis, sql }) {
    const [texts, depths, gaps] = await Promise.all([
      listMetrics(redis, config.NAMESPACE),
      listQueueDepths(queues),
      countOpenGaps(sql),
    ]);
    return mergeMetrics([...texts, await queueMetrics(depths), await gapMetrics(gaps)]);
  },
});

const STATES = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const;

function queueMetrics(depths: QueueDepth[]): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const jobs = new Gauge({
    name: 'millrace_queue_jobs',
    help: 'Jobs in a queue by state',
    labelNames: ['queue', 'state'],
    registers,
  });
  const age = new Gauge({
    name: 'millrace_queue_oldest_waiting_seconds',
    help: 'Age of the job that has waited longest',
    labelNames: ['queue'],
    registers,
  });
  for (const depth of depths) {
    for (const state of STATES) jobs.set({ queue: depth.name, state }, depth[state]);
    age.set({ queue: depth.name }, (depth.oldestWaitingMs ?? 0) / 1000);
  }
  return registry.metrics();
}

function gapMetrics(counts: Awaited<ReturnType<typeof countOpenGaps>>): Promise<string> {
  const registry = new Registry();
  const gaps = new Gauge({
    name: 'millrace_gaps',
    help: 'Gaps of the ledger that are not closed',
    labelNames: ['venue', 'state'],
    registers: [registry],
  });
  for (const { venue, open, unfillable } of counts) {
    gaps.set({ venue, state: 'open' }, open);
    gaps.set({ venue, state: 'unfillable' }, unfillable);
  }
  return registry.metrics();
}
