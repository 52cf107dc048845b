import { join } from 'node:path';
import { monotonic } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { ClusterEvent } from './cluster.ts';

/** What `millrace up` says: one calm line a fact, with the seconds since the start, and at the end where to look. */
export class Terminal {
  readonly #startedAt = monotonic();
  readonly #write: (text: string) => void;
  readonly #notices: string[] = [];
  readonly #notReady = new Set<string>();
  #isUp = false;
  #isStopping = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(text: string): void {
    this.#write(`${seconds(monotonic() - this.#startedAt).padStart(6)} s  ${text}\n`);
  }

  tell(event: ClusterEvent): void {
    if (event.type === 'notice') {
      this.#notices.push(event.text);
      if (this.#isUp || this.#isStopping) this.#sayNotices();
    }
    if (event.type === 'step') this.say(event.text);
    if (event.type === 'migrated' && event.names.length > 0) {
      this.say(`schema brought up to date: ${event.names.join(', ')}`);
    }
    if (event.type === 'launched') this.#notReady.add(event.name);
    if (event.type === 'ready') {
      this.#notReady.delete(event.name);
      this.say(`${event.name} ${event.again ? 'is back' : 'is ready'} (${seconds(event.afterMs)} s)`);
    }
    if (event.type === 'failed' && !this.#isStopping) {
      this.say(`${event.name} ended: ${event.reason}; again in ${seconds(event.againInMs)} s`);
    }
  }

  /** Everything works: where to look, and what is told only once. */
  up({ HOST, PORT, SUPPORTED_EXCHANGES, REHEARSAL, MILLRACE_HOME }: Config): void {
    this.#isUp = true;
    this.say('millrace is up; Ctrl-C stops it');
    const host = ['0.0.0.0', '::'].includes(HOST) ? '127.0.0.1' : HOST;
    const lines = [`Console  http://${host.includes(':') ? `[${host}]` : host}:${PORT}`];
    if (REHEARSAL === 'on') {
      lines.push(
        'SIM      REHEARSAL=on: every exchange is simulated, whatever its name; prices are made up, by a seed',
      );
    } else if (SUPPORTED_EXCHANGES.includes('sim')) {
      lines.push('SIM      the exchange "sim" is simulated: its prices are made up, by a seed');
    }
    lines.push('Paper    orders are paper: no money moves', `Logs     ${join(MILLRACE_HOME, 'logs')}`);
    this.#write(`\n${lines.map((line) => `  ${line}\n`).join('')}`);
    this.#sayNotices();
    this.#write('\n');
  }

  /** It takes long: which processes everybody waits for. */
  impatient({ MILLRACE_HOME }: Config): void {
    this.#sayNotices();
    const names = [...this.#notReady].join(', ');
    this.say(`still waiting for ${names}; see the logs in ${join(MILLRACE_HOME, 'logs')}`);
  }

  stopping(): void {
    this.#isStopping = true;
    this.#sayNotices();
    this.say('stopping: work in hand is finished first; Ctrl-C again does not wait');
  }

  #sayNotices() {
    for (const notice of this.#notices.splice(0)) this.#write(`  ${notice}\n`);
  }
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);
