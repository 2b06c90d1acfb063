// One seed, one sequence of choices: everything that a schedule leaves open is drawn from here.

/** sfc32, seeded through splitmix32: the same on every machine. */
export class Random {
  #a;
  #b;
  #c;
  #d = 1;

  constructor(seed) {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    for (let i = 0; i < 12; i += 1) this.#next();
  }

  #next() {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** Another sequence, told by this one. */
  child() {
    return new Random(this.#next());
  }

  /** In [0, 1). */
  float() {
    return this.#next() / 4294967296;
  }

  /** An integer, both ends included. */
  int(from, to) {
    return from + Math.floor(this.float() * (to - from + 1));
  }

  chance(probability) {
    return this.float() < probability;
  }

  pick(items) {
    return items[Math.floor(this.float() * items.length)];
  }

  /** Small values often, large ones now and then: as times between events are. */
  skewed(from, to) {
    return from + Math.floor((to - from) * this.float() ** 3);
  }
}
