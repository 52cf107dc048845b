const KEPT = 2_000;

/** The newest ids of one stream, so that what an exchange tells again after a reconnect is known. */
export class RecentIds {
  readonly #ids = new Set<string>();

  /** `false` for one that is known. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > KEPT) this.#ids.delete(this.#ids.values().next().value as string);
    return true;
  }
}
