import { type Grade, WaitingLine } from './waiting-line.ts';

interface Waiting {
  weight: number;
  begin: () => void;
}

/** Lets work begin while what is under way weighs no more than `most` together; the rest waits in line. */
export class InFlight {
  readonly #most: number;
  readonly #line = new WaitingLine<Waiting>();
  #weight = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** What weighs more than `most` by itself goes alone. Settles as `work` does. */
  async run<T>(weight: number, work: () => Promise<T>, grade?: Grade): Promise<T> {
    await new Promise<void>((begin) => {
      this.#line.join({ weight, begin }, grade);
      this.#serve();
    });
    try {
      return await work();
    } finally {
      this.#weight -= weight;
      this.#serve();
    }
  }

  #serve() {
    for (let next = this.#line.next; next && this.#hasRoom(next.weight); next = this.#line.next) {
      this.#line.leave(next);
      this.#weight += next.weight;
      next.begin();
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#weight === 0 || this.#weight + weight <= this.#most;
  }
}
