import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A real socket server whose every word the test decides. */
export class Loopback {
  readonly #http: Server = createServer();
  readonly #wss = new WebSocketServer({ noServer: true });
  #refusals: string[] = [];
  readonly sockets: WebSocket[] = [];
  /** The path that each socket asked for. */
  readonly paths: string[] = [];
  readonly requests: { method: string; params: string[] & { channel: string } }[] = [];

  /** The address, without a path. */
  async open(onRequest?: (socket: WebSocket, request: { method: string }) => void): Promise<string> {
    this.#wss.on('connection', (socket: WebSocket, { url = '' }: IncomingMessage) => {
      this.sockets.push(socket);
      this.paths.push(url);
      socket.on('message', (data) => {
        const request = JSON.parse(String(data));
        this.requests.push(request);
        onRequest?.(socket, request);
      });
    });
    this.#http.on('upgrade', (request, socket, head) => {
      const refusal = this.#refusals.shift();
      if (refusal) socket.end(refusal);
      else this.#wss.handleUpgrade(request, socket, head, (ws) => this.#wss.emit('connection', ws, request));
    });
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** The sockets that nobody has closed. */
  get standing(): WebSocket[] {
    return this.sockets.filter(({ readyState }) => readyState === 1);
  }

  refuseNext(answer: string): void {
    this.#refusals.push(answer);
  }

  /** To the newest socket. */
  say(...frames: string[]): void {
    for (const frame of frames) this.sockets.at(-1)?.send(frame);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

/** Waits for a condition; fails with what was awaited. */
export async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
