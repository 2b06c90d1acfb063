// Virtual time. Everything that would wait (timers, sockets, the disk) is an event in one queue; each belongs to a process of the
// simulation, and a killed process runs no more of them. The globals that tell the time or wait for it are taken over by `install`.

import { syncBuiltinESMExports } from 'node:module';
import processPromises from 'node:timers/promises';
import { files } from './files.mjs';
import { Random } from './random.mjs';

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  delay: processPromises.setTimeout,
  now: performance.now.bind(performance),
  timeOrigin: performance.timeOrigin,
  date: Date.now,
  random: Math.random,
  pid: process.pid,
};

/** Where virtual time begins: ms since the epoch, and of the monotonic clock. */
const EPOCH = 1_800_000_000_000;
const START = 1_000;
/** Above every pid that a system gives. */
const FIRST_PID = 10_000_000;

/** The world that runs now; undefined outside of one. */
let current;
/** The simulated process whose code runs now. */
let domain;

export const world = () => current;
export const here = () => domain;

/** Real time, for measuring the simulation itself. */
export const realNow = real.now;

class Timer {
  constructor(time, order, owner, action) {
    this.time = time;
    this.order = order;
    this.owner = owner;
    this.action = action;
    this.every = -1;
    this.off = false;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
  refresh() {
    return this;
  }
  close() {
    this.off = true;
  }
}

const isBefore = (a, b) => a.time < b.time || (a.time === b.time && a.order < b.order);

/** A binary heap of timers. */
class Heap {
  items = [];

  push(item) {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  pop() {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length === 0 || top === undefined) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1], items[child])) child += 1;
      if (!isBefore(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}

/** A process of the simulation. */
class Domain {
  alive = true;
  /** ms that its wall clock is off. */
  skew = 0;
  onKill = [];

  constructor(name, pid) {
    this.name = name;
    this.pid = pid;
  }
}

/** One schedule's time, randomness and processes. */
class World {
  time = START;
  steps = 0;
  violations = [];
  #heap = new Heap();
  #order = 0;
  #domains = new Map();
  #nextPid = FIRST_PID;
  #unanswered = 0;

  constructor(seed) {
    this.seed = seed;
    /** What the schedule does. */
    this.random = new Random(seed);
    /** How the network cuts and delays: apart, so that one does not shift the other. */
    this.noise = new Random(seed ^ 0x5bd1e995);
    this.outside = new Domain('outside', 0);
    this.log = undefined;
  }

  spawn(name) {
    const made = new Domain(name, this.#nextPid);
    this.#nextPid += 1;
    this.#domains.set(made.pid, made);
    return made;
  }

  /** The process of a pid while it lives. */
  living(pid) {
    const found = this.#domains.get(pid);
    return found?.alive === true ? found : undefined;
  }

  /** SIGKILL: nothing of it runs any more, its sockets close. */
  kill(victim) {
    if (!victim.alive) return;
    victim.alive = false;
    for (const action of victim.onKill) action();
    victim.onKill = [];
  }

  at(delay, owner, action) {
    this.#order += 1;
    const wait = Math.max(delay || 0, 0);
    const timer = new Timer(this.time + wait, this.#order, owner, action);
    this.#heap.push(timer);
    return timer;
  }

  again(timer) {
    this.#order += 1;
    timer.order = this.#order;
    timer.time = this.time + timer.every;
    this.#heap.push(timer);
  }

  violate(invariant, detail) {
    this.note('VIOLATION', `${invariant}: ${detail}`);
    if (this.violations.length < 20) this.violations.push({ invariant, detail, at: this.time });
  }

  /** For a person who repeats one seed. */
  note(what, detail) {
    this.log?.(`${((this.time - START) / 1000).toFixed(3).padStart(9)} ${what.padEnd(10)} ${detail}`);
  }

  /** Runs code as a process of the simulation. */
  as(owner, action) {
    const before = domain;
    domain = owner;
    try {
      return action();
    } catch (error) {
      this.violate('crash', `${owner.name}: ${error.stack}`);
      return undefined;
    } finally {
      domain = before;
    }
  }

  /** Runs until nothing is left before `until` (virtual ms), or `done` says so. `done` is asked once every virtual second. */
  async run(until, done) {
    const asked = { next: this.time + 1_000, done };
    for (;;) {
      // Promises are settled from outside of any of them: that takes a turn of the event loop, once and not for each step.
      const ended = await new Promise((resolve) => real.setImmediate(() => resolve(this.#steps(until, asked))));
      if (ended) break;
      while (this.#unanswered > 0) await new Promise((resolve) => real.setImmediate(resolve));
    }
    if (asked.over) return true;
    this.time = Math.max(this.time, until);
    return done?.() ?? true;
  }

  /** Steps while they need nothing of the real world; true at the end. */
  #steps(until, asked) {
    while (this.#unanswered === 0) {
      const timer = this.#heap.items[0];
      if (timer === undefined || timer.time > until || this.#isOver(timer.time, asked)) return true;
      this.#heap.pop();
      if (timer.off || !timer.owner.alive) continue;
      this.time = timer.time;
      this.steps += 1;
      if (timer.every >= 0) this.again(timer);
      this.#step(timer);
    }
    return false;
  }

  #isOver(time, asked) {
    if (asked.done === undefined || time < asked.next) return false;
    asked.next = time + 1_000;
    asked.over = asked.done();
    return asked.over;
  }

  #step({ owner, action }) {
    domain = owner;
    try {
      action();
    } catch (error) {
      this.violate('crash', `${owner.name}: ${error.stack}`);
    }
    // Until no promise has anything left to do: at once, where a turn of the event loop costs more than the step.
    process._tickCallback();
    domain = undefined;
  }

  /** Something real (a database) may be at work: time stands still until it has answered. */
  await(promise) {
    this.#unanswered += 1;
    promise.finally(() => {
      this.#unanswered -= 1;
    });
  }
}

function wait(action, ms, every, args) {
  const timer = current.at(ms, domain ?? current.outside, args.length === 0 ? action : () => action(...args));
  if (every) timer.every = Math.max(1, ms);
  return timer;
}

function stop(timer, otherwise) {
  if (timer instanceof Timer) timer.off = true;
  else otherwise(timer);
}

/** Takes the clocks over. Outside of a world they are the real ones. */
export function install() {
  globalThis.setTimeout = (action, ms, ...args) =>
    current === undefined ? real.setTimeout(action, ms, ...args) : wait(action, ms ?? 0, false, args);
  globalThis.setInterval = (action, ms, ...args) =>
    current === undefined ? real.setInterval(action, ms, ...args) : wait(action, ms ?? 0, true, args);
  globalThis.setImmediate = (action, ...args) =>
    current === undefined ? real.setImmediate(action, ...args) : wait(action, 0, false, args);
  globalThis.clearTimeout = (timer) => stop(timer, real.clearTimeout);
  globalThis.clearInterval = (timer) => stop(timer, real.clearInterval);
  globalThis.clearImmediate = (timer) => stop(timer, real.clearImmediate);
  processPromises.setTimeout = (ms, value, options) =>
    current === undefined ? real.delay(ms, value, options) : new Promise((resolve) => void wait(() => resolve(value), ms, false, []));
  performance.now = () => (current === undefined ? real.now() : current.time);
  Object.defineProperty(performance, 'timeOrigin', {
    get: () => (current === undefined ? real.timeOrigin : EPOCH - START),
    configurable: true,
  });
  Date.now = () => (current === undefined ? real.date() : Math.floor(EPOCH + current.time - START + (domain?.skew ?? 0)));
  Math.random = () => (current === undefined ? real.random() : current.noise.float());
  Object.defineProperty(process, 'pid', { get: () => (current === undefined ? real.pid : (domain?.pid ?? real.pid)), configurable: true });
  files.install({ world, here });
  syncBuiltinESMExports();
}

/** Opens a world, lets `body` run in it, and closes it. */
export async function within(seed, body) {
  const made = new World(seed);
  current = made;
  files.reset();
  try {
    await body(made);
    current = undefined;
    domain = undefined;
    // Promises that nobody caught are told now.
    await new Promise((resolve) => real.setImmediate(resolve));
    return made;
  } finally {
    current = undefined;
    domain = undefined;
  }
}
