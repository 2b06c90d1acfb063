// What happens in one schedule. The seed picks which kinds of fault take part (few at a time find more than all at once), then when.

import { code } from './code.mjs';
import { files } from './files.mjs';
import { frameOf, seqOf, split } from './frames.mjs';
import { SOCKET, SPOOLS } from './plane.mjs';

/** Kinds of fault, each with what it does; `--without` leaves kinds out. Order is part of a seed's meaning: add at the end. */
export const KINDS = {
  split: (play) => {
    play.stage.network.splits = play.random.pick([0.1, 0.5, 0.9]);
  },
  cut: (play) => play.anyLink()?.cut(),
  stall: (play) => play.anyLink()?.stall(play.random.pick(['up', 'down']), play.random.skewed(10, 60_000)),
  halfopen: (play) => play.anyLink()?.swallow('both'),
  silence: (play) => play.anyLink()?.swallow('down'),
  congest: (play) => {
    const link = play.anyLink();
    link?.hold(true);
    play.later(play.random.skewed(10, 20_000), () => link?.hold(false));
  },
  slownet: (play) => {
    play.stage.network.slow = play.random.pick([0, 10, 300]);
  },
  refuse: (play) => void play.stage.disk.plan.push(...Array.from({ length: play.random.int(1, 3) }, () => 'refuse')),
  unknown: (play) => void play.stage.disk.plan.push('unknown'),
  stuck: (play) => {
    play.stage.disk.stuckUntil =
      play.stage.world.time + (play.random.chance(0.4) ? play.random.int(60_000, 150_000) : play.random.skewed(100, 60_000));
  },
  slowdisk: (play) => {
    play.stage.disk.slow = play.random.pick([1, 20, 400, 4_000]);
  },
  dead: (play) => {
    play.stage.disk.deadUntil = play.stage.world.time + play.random.skewed(10, 10_000);
  },
  planekill: (play) => {
    play.anyPlane()?.kill();
    play.later(play.random.skewed(1, 20_000), () => play.stage.addPlane());
  },
  planeclose: (play) => {
    void play.anyPlane()?.close();
    play.later(play.random.skewed(1, 20_000), () => play.stage.addPlane());
  },
  second: (play) => {
    if (play.stage.livingPlanes.length < 3) play.stage.addPlane();
  },
  workerkill: (play) => play.anyWorker()?.kill(),
  restart: (play) => {
    const old = play.anyWorker();
    if (old === undefined) return;
    if (play.random.chance(0.7)) old.kill();
    play.stage.addWorker({ runId: old.runId, worker: old.worker });
  },
  fork: (play) => {
    const parent = play.anyWorker();
    if (parent !== undefined)
      play.stage.addWorker({ runId: parent.runId, worker: `${parent.worker}.f${parent.domain.pid + play.stage.workers.length}` });
  },
  spoolfull: (play) => {
    play.stage.spoolsFull = !play.stage.spoolsFull;
  },
  filefull: (play) => {
    files.limit(play.random.skewed(0, 4_000));
    play.later(play.random.skewed(100, 20_000), () => files.limit(Number.POSITIVE_INFINITY));
  },
  skew: (play) => {
    const worker = play.anyWorker();
    if (worker !== undefined) worker.domain.skew += play.random.pick([-3_600_000, -50, 50, 86_400_000]);
  },
  copyspool: (play) => {
    const path = play.random.pick([undefined, ...files.below(SPOOLS)]);
    if (path === undefined || files.isFull() || !play.isPlain(files.get(path))) return;
    const copy = path.replace(/[^/]*$/, (name) => `copy${play.random.int(0, 99)}-${name}`);
    files.put(copy, files.get(path));
  },
  refusenet: (play) => {
    play.stage.network.refuses = true;
    if (play.random.chance(0.5)) for (const link of [...play.stage.network.links]) link.cut();
    play.later(play.random.chance(0.5) ? play.random.skewed(10, 40_000) : play.random.int(40_000, 90_000), () => {
      play.stage.network.refuses = false;
    });
  },
  purge: (play) => play.purge(),
  replay: (play) => {
    for (const wait of [play.random.pick([0, 1_000, 50_000]), play.random.int(50_000, 120_000)]) play.later(wait, () => play.replay());
  },
  stranger: (play) => play.stranger(),
};

/** Kinds that still find faults which nobody has mended yet: none when all is well. */
export const PENDING = [];

const NAMES = Object.keys(KINDS);

/** How much happens in a schedule, as lists to draw from; lengths in virtual ms. */
const LONG = {
  lengths: [500, 5_000, 30_000, 100_000],
  runs: [1, 1, 2, 3],
  workers: [1, 1, 1, 2, 3],
  things: [4, 24],
  chances: [0.1, 0.2, 0.35],
};
const SHORT = {
  lengths: [300, 2_000, 10_000, 60_000],
  runs: [1, 1, 1, 2],
  workers: [1, 1, 1, 2],
  things: [3, 9],
  chances: [0.06, 0.12, 0.2],
};
/** Every seed up to here is a long schedule, as all were once that found something; of those behind it one of so many is. */
const ALL_LONG = 1_000;
const ONE_LONG = 8;

const sizeOf = (seed) => (seed <= ALL_LONG || seed % ONE_LONG === 0 ? LONG : SHORT);

/** The hand that plays a schedule. */
export class Play {
  replays = 0;
  /** How often each thing was done. */
  done = {};

  /** `focus`: these kinds of fault, and no others, in every schedule. */
  constructor(stage, without, focus) {
    this.stage = stage;
    this.random = stage.world.random;
    this.without = without;
    this.size = sizeOf(stage.world.seed);
    const chance = this.random.pick(this.size.chances);
    const chosen = NAMES.filter(() => this.random.chance(chance));
    this.kinds = focus ?? chosen;
  }

  /** Everything that happens, up to its end. */
  async perform() {
    const { stage, random } = this;
    const { world } = stage;
    const length = random.pick(this.size.lengths);
    world.note('kinds', this.kinds.join(' '));
    if (this.kinds.includes('split') && !this.without.has('split')) stage.network.splits = 0.3;
    stage.addPlane();
    const runs = random.pick(this.size.runs);
    for (let run = 0; run < runs; run += 1) this.#addRun(`run${run}`, length);
    // Things that happen close together find more than things that happen evenly.
    let moment = 0;
    for (let left = random.int(...this.size.things); left > 0; left -= 1) {
      moment = random.chance(0.4) ? Math.min(length, moment + random.skewed(0, 60)) : random.int(0, length);
      this.later(moment, this.#choice());
    }
    await world.run(world.time + length);
  }

  #addRun(runId, length) {
    const { random } = this;
    this.stage.runs.push(runId);
    const workers = random.pick(this.size.workers);
    for (let rank = 0; rank < workers; rank += 1) {
      this.later(random.skewed(0, length / 2), () => this.stage.addWorker({ runId, worker: workers === 1 ? '' : `${rank}` }));
    }
  }

  /** One thing that happens, drawn now and done later. */
  #choice() {
    const { random, kinds } = this;
    const what = random.float();
    if (kinds.length > 0 && what < 0.4) {
      const kind = random.pick(kinds);
      return () => {
        if (this.without.has(kind)) return;
        this.stage.world.note('fault', kind);
        this.#count(`fault ${kind}`);
        KINDS[kind](this);
      };
    }
    if (what < 0.5) {
      return () => {
        this.#count('end');
        this.anyWorker()?.end(random.pick([undefined, undefined, 200, 60_000]));
      };
    }
    const type = random.pick(['metric', 'metric', 'metric', 'metrics', 'param', 'status', 'log', 'long']);
    const count = type === 'long' ? random.int(1, 3) : random.skewed(1, 12);
    return () => {
      this.#count(`log ${type}`);
      this.anyWorker()?.log(type, count, this.random);
    };
  }

  #count(what) {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }

  /** What happens then draws from randomness of its own: leaving one thing out changes no other. */
  later(ms, action) {
    const { world } = this.stage;
    const random = this.random.child();
    world.at(ms, world.outside, () => {
      this.random = random;
      action();
    });
  }

  anyLink() {
    return this.random.pick([...this.stage.network.links]);
  }

  anyPlane() {
    return this.random.pick(this.stage.livingPlanes);
  }

  anyWorker() {
    return this.random.pick(this.stage.livingWorkers);
  }

  /** Somebody who never says hello speaks in a worker's name. */
  stranger() {
    const { stage, random } = this;
    const life = random.pick([...stage.oracle.lives.values()]);
    if (life === undefined) return;
    const { runId, worker, incarnation, last } = life;
    const meta = { seq: last + random.int(-2, 3), ts: 1, wid: worker, inc: incarnation };
    const sent = random.pick([
      { v: 1, t: 'metric', m: meta, p: { run_id: runId, key: 'loss', value: -1 } },
      { v: 1, t: 'metric', m: meta, p: { run_id: runId, key: 'loss' } },
      { v: 1, t: 'heartbeat', m: { ...meta, seq: 0 }, p: { run_id: runId, last_seq: 1_000_000 } },
      { v: 1, t: 'run_end', m: meta, p: { run_id: runId, status: 'completed' } },
      'no frame at all',
    ]);
    const { world } = stage;
    const domain = world.spawn('stranger');
    world.as(domain, () => {
      const socket = stage.network.connect(SOCKET);
      socket.on('error', () => undefined);
      socket.once('connect', () => socket.write(typeof sent === 'string' ? Buffer.from(sent) : frameOf(sent)));
    });
    this.later(random.skewed(10, 20_000), () => world.kill(domain));
  }

  /** Not where something is declared that may yet be written. */
  isPlain(spool) {
    const lives = [...this.stage.oracle.lives.values()];
    return [...split(spool)].every((frame, at) => at === 0 || lives.some(({ kept }) => kept.get(seqOf(frame))?.equals(frame)));
  }

  /** Somebody takes in a copy of what an emitter recorded, beside the sweeper. */
  replay() {
    const plane = this.anyPlane();
    const life = this.random.pick([...this.stage.oracle.lives.values()]);
    if (plane === undefined || life === undefined) return;
    this.replays += 1;
    const path = `/sim/copies/${this.replays}.xtf`;
    if (files.isFull()) return;
    // What only the memory of a process held that is gone is in no copy.
    files.put(path, Buffer.concat([...life.kept].flatMap(([seq, frame]) => (life.excused.has(seq) ? [] : [frame]))));
    const { world } = this.stage;
    world.as(plane.domain, () => {
      code.replayFile(plane.hub, path).then(
        (report) => world.note('replayed', `${life.name}: ${report.events} new, ${report.duplicates} known`),
        (error) => world.note('replayed', `${life.name}: ${error.message}`),
      );
    });
  }

  /** Another process removes a run from the store. */
  purge() {
    const runId = this.random.pick(this.stage.runs);
    this.stage.oracle.purge(runId);
    void this.stage.disk.store.deleteRun(runId);
  }

  /** Every fault ends. What broke stays broken: connections that swallow go on to swallow. */
  heal() {
    const { stage } = this;
    stage.disk.heal();
    stage.network.slow = 0;
    stage.network.refuses = false;
    stage.spoolsFull = false;
    files.limit(Number.POSITIVE_INFINITY);
    for (const link of stage.network.links) link.hold(false);
    for (const worker of stage.workers) worker.domain.skew = Math.max(0, worker.domain.skew);
    if (stage.livingPlanes.length === 0) stage.addPlane();
  }
}
