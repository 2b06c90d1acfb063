// Which row of the document shows which run: a run that stays keeps its row, with focus and all, and one that comes takes over the row of
// one that went. To write other words into a row costs a small part of making one.

export class RowPlaces {
  readonly #places = new Map<string, number>();

  /** The place of each key, in their order; no two have the same. */
  assign(keys: readonly string[]): readonly number[] {
    const wanted = new Set(keys);
    for (const key of this.#places.keys()) if (!wanted.has(key)) this.#places.delete(key);
    const taken = new Set(this.#places.values());
    let next = 0;
    return keys.map((key) => {
      const own = this.#places.get(key);
      if (own !== undefined) return own;
      while (taken.has(next)) next += 1;
      taken.add(next);
      this.#places.set(key, next);
      return next;
    });
  }
}
