import { parentPort } from 'node:worker_threads';
import { ccxtRows } from './table.ts';

parentPort?.postMessage(await ccxtRows());
