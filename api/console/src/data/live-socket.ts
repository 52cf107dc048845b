import type { LiveMessage } from './wire.ts';

export type LiveState = 'connecting' | 'live' | 'lost';
const SILENCE_MS = 8_000;

/** The live stream: connects, comes back with backoff, and tells its listeners. A silent stream counts as lost. */
export class LiveSocket {
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #closed = true;
  #state: LiveState = 'connecting';
  readonly #messages = new Set<(message: LiveMessage) => void>();
  readonly #states = new Set<() => void>();

  open(): void {
    if (!this.#closed) return;
    this.#closed = false;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#socket?.close();
    this.#socket = undefined;
  }

  get state(): LiveState {
    return this.#state;
  }

  onMessage(listener: (message: LiveMessage) => void): () => void {
    this.#messages.add(listener);
    return () => this.#messages.delete(listener);
  }

  onState = (listener: () => void): (() => void) => {
    this.#states.add(listener);
    return () => this.#states.delete(listener);
  };

  #connect(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#attempt = 0;
      this.#become('live');
      this.#listenFor(socket);
    };
    socket.onmessage = ({ data }) => {
      this.#listenFor(socket);
      for (const message of JSON.parse(data) as LiveMessage[])
        for (const listener of this.#messages) listener(message);
    };
    socket.onclose = () => {
      if (this.#socket !== socket || this.#closed) return;
      clearTimeout(this.#silence);
      this.#become('lost');
      const waitMs = Math.min(10_000, 500 * 2 ** this.#attempt++) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.#connect(), waitMs);
    };
  }

  /** The server says its status every two seconds, so silence means that the line is dead. */
  #listenFor(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => socket.close(), SILENCE_MS);
  }

  #become(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#states) listener();
  }
}
