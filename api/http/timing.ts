import type { RequestHandler } from 'express';
import { Histogram, type Registry } from 'prom-client';
import { monotonic } from '../../shared/clock.ts';

/** Counts every answer by method and status, and how long it took. */
export function timeRequests(registry: Registry): RequestHandler {
  const seconds = new Histogram({
    name: 'millrace_http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 2],
    registers: [registry],
  });
  return (req, res, next) => {
    const startedAt = monotonic();
    res.on('finish', () =>
      seconds.observe({ method: req.method, status: res.statusCode }, (monotonic() - startedAt) / 1000),
    );
    next();
  };
}
