import type { HeldLease } from '../../shared/db/leases.ts';

/** The leases that this process holds, by key. */
export class HeldLeases extends Map<string, HeldLease> {
  #follower = (_any: boolean) => {};

  /** Tells `follower` whether there is any: now, and whenever one comes or goes. */
  follow(follower: (any: boolean) => void): void {
    this.#follower = follower;
    follower(this.size > 0);
  }

  override set(key: string, lease: HeldLease): this {
    super.set(key, lease);
    this.#follower(this.size > 0);
    return this;
  }

  override delete(key: string): boolean {
    const held = super.delete(key);
    this.#follower(this.size > 0);
    return held;
  }
}
