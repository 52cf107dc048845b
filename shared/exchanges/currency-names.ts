/** The names that a venue has of its own for some currencies, beside ours, which are ccxt's. */
export class CurrencyNames {
  readonly #ours: ReadonlyMap<string, string>;
  readonly #theirs: ReadonlyMap<string, string>;

  /** `{ UST: 'USDT' }`: theirs → ours; whatever is absent has one name. */
  constructor(ours: Readonly<Record<string, string>>) {
    this.#ours = new Map(Object.entries(ours));
    this.#theirs = new Map(Object.entries(ours).map(([theirs, name]) => [name, theirs]));
  }

  unify(theirs: string): string {
    return this.#ours.get(theirs) ?? theirs;
  }

  spell(ours: string): string {
    return this.#theirs.get(ours) ?? ours;
  }
}
