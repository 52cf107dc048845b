import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Breaches } from '../sim/desk.ts';
import type { FaultOrders } from '../sim/faults.ts';
import type { WireTrade } from '../sim/ledger.ts';

/** What the simulated exchange says of itself. */
export interface SimStatus {
  desks: Record<string, { clients: number; breaches: Breaches }>;
  /** By the engine's own names; every trade up to `ts` (UTC ms) has an id up to `lastId`. */
  markets: Record<string, { symbol: string; ts: number; lastId: number }>;
}

/** The simulated exchange of another process: its control, its status, its ledger. */
export class SimClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async order(orders: FaultOrders): Promise<void> {
    const answer = await fetch(`${this.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });
    if (!answer.ok) throw new Error(`the simulated exchange refused: ${await answer.text()}`);
  }

  async status(): Promise<SimStatus> {
    return (await (await fetch(`${this.url}/sim/status`)).json()) as SimStatus;
  }

  /** The trades of one of the engine's markets (`BTCUSDT`, `BTCUSDT:USDT`) with ids in `[fromId, toId]`. */
  async *ledger(id: string, fromId: number, toId: number): AsyncGenerator<WireTrade> {
    const query = new URLSearchParams({ symbol: id, fromId: String(fromId), toId: String(toId) });
    const answer = await fetch(`${this.url}/sim/ledger?${query}`);
    if (!answer.ok || !answer.body) throw new Error(`the ledger answered ${answer.status}`);
    for await (const line of createInterface({ input: Readable.fromWeb(answer.body as never) })) {
      if (line) yield JSON.parse(line) as WireTrade;
    }
  }
}
