import { z } from 'zod';
import { findReport, listReports } from '../../shared/db/reports.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute } from '../http/route.ts';
import { limit, ms, rowId } from './fields.ts';

const reportRow = z
  .object({
    id: z.int(),
    kind: z.string(),
    day: z.string(),
    title: z.string(),
    summary: z.record(z.string(), z.unknown()),
    createdAt: ms,
  })
  .meta({ id: 'Report' });
const params = z.strictObject({ id: rowId });
const missing = () => new Problem(404, 'there is no such report');

export const reports = defineRoute({
  method: 'get',
  path: '/reports',
  access: 'viewer',
  tag: 'reports',
  summary: 'Reports, newest first',
  query: z.strictObject({ limit: limit(100) }),
  response: z.array(reportRow),
  handler: ({ query }, { sql }) => listReports(sql, query),
});

export const report = defineRoute({
  method: 'get',
  path: '/reports/{id}',
  access: 'viewer',
  tag: 'reports',
  summary: 'One report without its page',
  params,
  response: reportRow,
  async handler({ params }, { sql }) {
    const row = await findReport(sql, params.id);
    if (!row) throw missing();
    return row;
  },
});

/** A report is a page of its own: no scripts, nothing from elsewhere, no way into ours. */
const SANDBOX =
  "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";

export const reportHtml = defineRoute({
  method: 'get',
  path: '/reports/{id}/html',
  access: 'viewer',
  tag: 'reports',
  summary: 'One report as a page, to open in the browser',
  params,
  produces: 'text/html',
  async handler({ params, http }, { sql }) {
    const row = await findReport(sql, params.id);
    if (!row) throw missing();
    http.res.setHeader('Content-Security-Policy', SANDBOX);
    return row.html;
  },
});
