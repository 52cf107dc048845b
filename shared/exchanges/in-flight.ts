/** Lets work begin while what is under way weighs no more than `most` together; the rest waits in line. */
export class InFlight {
  readonly #most: number;
  readonly #line: { weight: number; begin: () => void }[] = [];
  #weight = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** What weighs more than `most` by itself goes alone. Settles as `work` does. */
  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#line.push({ weight, begin });
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
    for (let next = this.#line[0]; next && this.#hasRoom(next.weight); next = this.#line[0]) {
      this.#line.shift();
      this.#weight += next.weight;
      next.begin();
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#weight === 0 || this.#weight + weight <= this.#most;
  }
}
