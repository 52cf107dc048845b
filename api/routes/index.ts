import type { Route } from '../http/route.ts';
import { audit } from './audit.ts';
import { badFrames } from './bad-frames.ts';
import { candles } from './candles.ts';
import { coverage } from './coverage.ts';
import { gaps, retryGap } from './gaps.ts';
import { health } from './health.ts';
import { instruments } from './instruments.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { makeReport } from './make-report.ts';
import { me } from './me.ts';
import { metrics } from './metrics.ts';
import { models } from './models.ts';
import { orderFlow } from './order-flow.ts';
import { orders } from './orders.ts';
import { outbox } from './outbox.ts';
import { password } from './password.ts';
import { positions } from './positions.ts';
import { prices } from './prices.ts';
import { processes } from './processes.ts';
import { queueDepths } from './queue-depths.ts';
import { funding, marks } from './rates.ts';
import { ready } from './ready.ts';
import { report, reportHtml, reports } from './reports.ts';
import { retrain } from './retrain.ts';
import { signals } from './signals.ts';
import { task, tasks } from './tasks.ts';
import { trades } from './trades.ts';
import { venues } from './venues.ts';

/** Every route there is. What is not in this table does not exist. */
export const ROUTES: readonly Route[] = [
  health,
  ready,
  metrics,
  login,
  logout,
  password,
  me,
  candles,
  trades,
  prices,
  orderFlow,
  funding,
  marks,
  instruments,
  venues,
  badFrames,
  coverage,
  gaps,
  retryGap,
  signals,
  orders,
  positions,
  tasks,
  task,
  retrain,
  models,
  reports,
  report,
  reportHtml,
  makeReport,
  outbox,
  audit,
  processes,
  queueDepths,
];
