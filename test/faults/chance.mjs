// Chance by a seed: the same seed gives the same plan, whatever the machine does with it.

/** A small generator (mulberry32) with the draws that a plan needs. */
export class Chance {
  #state;

  /** @param {number} seed a 32-bit number */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number, both ends included. */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True with this probability. */
  maybe(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** One of `{name: weight}`. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries[entries.length - 1][0];
  }

  /** Small numbers often, large ones seldom: from `from` to `to`, evenly by their logarithm. */
  spread(from, to) {
    return Math.round(Math.exp(Math.log(from) + this.next() * (Math.log(to) - Math.log(from))));
  }

  /** A generator of its own: what one part draws does not change what another gets. */
  fork() {
    return new Chance(this.int(0, 0xffffffff));
  }
}
