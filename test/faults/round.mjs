// One round: real processes by the plan of a seed, faults, calm, and the verdict of who looks at it from outside.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BadNetwork } from './bad-network.mjs';
import { Crew } from './crew.mjs';
import { Disk } from './disk.mjs';
import { load } from './load.mjs';
import { Plane } from './plane.mjs';
import { Postgres } from './postgres.mjs';
import { STOP_MS, takeSteps } from './steps.mjs';
import { Trainers } from './trainers.mjs';
import { MEASURED, readCounters } from './witness.mjs';

/** After the faults everything is stored within so long (ms), and 1 s for each 20,000 events. */
const DRAIN_MS = 60_000;
const EVENTS_PER_MS = 20;
/** MB of the small disk: a spool of each training and a ballast fit, and are soon in each other's way. */
const DISK_MB = 220;

export class Round {
  problems = [];
  /** How often each fault happened. */
  faults = new Map();
  figures = { emitted: 0, stored: 0, declared: 0, lost: 0, doubled: 0, wrong: 0, kills: 0, drain: 0, caught: 0 };
  spent = new Map();
  proxies = [];
  over = false;
  full = false;
  victim = false;

  constructor(plan, { dist, python, verify }) {
    this.verify = verify;
    this.plan = plan;
    this.dist = dist;
    this.folder = mkdtempSync(join(tmpdir(), 'xtf-'));
    for (const name of ['home', 'tmp', 'data']) mkdirSync(join(this.folder, name), { mode: 0o700 });
    writeFileSync(join(this.folder, 'artifact.bin'), Buffer.alloc(1000, 7));
    writeFileSync(join(this.folder, 'plan.json'), JSON.stringify(plan, null, 1));
    this.data = join(this.folder, 'data');
    this.python = python;
    this.crew = new Crew(this.folder);
  }

  note(fault) {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
    if (/-kill$|^spoilt:kill/.test(fault)) this.figures.kills += 1;
  }

  problem(text) {
    this.problems.push(text);
  }

  /** On a full disk, or with its database away, a control plane is excused at its start. */
  mayFailToStart() {
    return this.full || (this.postgres !== undefined && !this.postgres.alive);
  }

  trainerOf({ which }) {
    return this.plan.trainers[which % this.plan.trainers.length];
  }

  /** Plays the round; whatever happens, nothing of it is left running. True when nothing was wrong. */
  async play() {
    try {
      await this.#timed('open', () => this.#open());
      await this.#timed('break', () => this.#break());
      await this.#timed('calm', () => this.#calm());
      await this.#timed('drain', () => this.#drain());
      this.#judge(await this.#timed('close', () => this.#close()));
    } catch (error) {
      this.problem(`the round broke off: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    } finally {
      await this.#cleanUp();
    }
    return this.problems.length === 0;
  }

  /** What takes how long (s), for who makes rounds cheaper. */
  async #timed(name, action) {
    const began = performance.now();
    try {
      return await action();
    } finally {
      this.spent.set(name, (performance.now() - began) / 1000);
    }
  }

  /** Ends every process of the round, wherever it is in it. */
  async abandon() {
    await this.#cleanUp();
    this.remove();
  }

  /** Removes the round's folder. */
  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #open() {
    const { plan, crew } = this;
    if (plan.small) {
      this.disk = new Disk(this.data);
      if (!this.disk.mount(DISK_MB)) throw new Error('the small disk cannot be mounted');
    }
    if (plan.postgres) {
      this.postgres = new Postgres(crew);
      this.postgres.make();
      await this.postgres.start();
      this.database = this.postgres.url;
    }
    const { dist, data, database } = this;
    this.server = new Plane(crew, { name: 'server', dist, data, database, second: false });
    if (plan.second) this.other = new Plane(crew, { name: 'other', dist, data, database, second: true });
    for (const plane of this.#planes()) if (!(await plane.start())) throw new Error(`${plane.name} does not start: see ${plane.name}.err`);
    await this.#openNetwork();
    const [tcp] = this.proxies;
    const { folder, python } = this;
    this.trainers = new Trainers(crew, { folder, data, dist, python, database, port: tcp.port, socket: join(folder, 'p.sock') });
    for (const trainer of plan.trainers) this.trainers.launch(trainer);
  }

  #planes() {
    return [this.server, this.other].filter((plane) => plane !== undefined);
  }

  async #openNetwork() {
    const { plan } = this;
    const tcpPlaces = () => {
      const there = this.#planes().filter(({ alive, place }) => alive && place?.tcp);
      const chosen = there.length === 0 ? undefined : plan.network.maybe(0.7) ? there[0] : there[there.length - 1];
      return chosen && { host: '127.0.0.1', port: chosen.place.tcp.port };
    };
    const kinds = plan.straight ? { straight: 1 } : plan.net;
    const onFault = (kind) => this.note(kind);
    const open = (upstream, path) => new BadNetwork({ upstream, kinds, chance: plan.network.fork(), onFault }).open(path);
    this.proxies.push(await open(tcpPlaces));
    this.proxies.push(await open(() => ({ path: join(this.data, 'xtrack.sock') }), join(this.folder, 'p.sock')));
  }

  async #break() {
    const watching = this.#watch();
    await Promise.all([takeSteps(this, this.plan.steps), delay(this.plan.ms)]);
    this.over = true;
    await watching;
  }

  /** A control plane that ends though nobody ended it. */
  async #watch() {
    while (!this.over) {
      for (const plane of this.#planes()) {
        if (plane.alive || plane.expected || plane.seen === plane.member) continue;
        plane.seen = plane.member;
        this.problem(`${plane.name} ended by itself (${JSON.stringify(plane.member.exit)}): see ${plane.name}.err`);
      }
      await delay(100);
    }
  }

  /** The faults are over: what was away is there again, as whoever looks after the machines would have it. */
  async #calm() {
    for (const proxy of this.proxies) Object.assign(proxy, { calm: true, closed: false });
    this.disk?.free();
    await this.postgres?.busy;
    if (this.postgres !== undefined && !this.postgres.alive) await this.postgres.start();
    for (const plane of this.#planes()) {
      await plane.busy;
      plane.signal('SIGCONT');
      if (!plane.alive && !(await plane.start())) this.problem(`${plane.name} does not start any more: see ${plane.name}.err`);
    }
    this.calmAt = performance.now();
  }

  /** Longest time (ms) that everything may take from now on. */
  #limit() {
    const events = Object.values(readCounters(this.folder)).reduce((sum, { calls }) => sum + calls.size, 0);
    return (DRAIN_MS + events / EVENTS_PER_MS) * load();
  }

  async #drain() {
    const { plan, folder } = this;
    if (plan.hold) {
      writeFileSync(join(folder, 'hold'), '');
      await this.#catchUp();
    }
    writeFileSync(join(folder, 'stop'), '');
    const hanging = await this.trainers.ended(DRAIN_MS * load());
    if (hanging.length > 0) this.problem(`these do not end: ${hanging.join(', ')}`);
    const began = performance.now();
    const closers = plan.trainers.filter(({ away }) => away).map((trainer) => this.trainers.close(trainer, 60 * load()));
    const limit = this.#limit();
    for (const closer of closers) await closer.within(limit);
    await this.#until(() => this.#spools().length === 0, limit - (performance.now() - began));
    const left = this.#spools();
    this.figures.drain = performance.now() - began;
    if (left.length > 0) this.problem(`${Math.round(limit / 1000)} s after the faults these wait still: ${left.join(', ')}`);
  }

  async #until(condition, ms) {
    const until = performance.now() + Math.max(ms, 1_000);
    while (performance.now() < until) {
      if (await condition()) return true;
      await delay(200);
    }
    return false;
  }

  /** While the trainings live: everything that they have logged is stored, though nobody ends or restarts anything. */
  async #catchUp() {
    const began = performance.now();
    const away = new Set(this.plan.trainers.filter((trainer) => trainer.away).map(({ run }) => run));
    const runs = [...new Set(this.plan.trainers.map(({ run }) => run))].filter((run) => !away.has(run) && !this.plan.small);
    await delay(500);
    let missing = [];
    const done = await this.#until(async () => {
      const counters = readCounters(this.folder);
      const each = await Promise.all(runs.map(async (run) => [run, this.#measured(counters, run), await this.#stored(run)]));
      missing = each
        .filter(([, emitted, stored]) => stored < emitted)
        .map(([run, emitted, stored]) => `${run} has ${stored} of ${emitted}`);
      return missing.length === 0;
    }, this.#limit());
    this.figures.caught = performance.now() - began;
    if (!done) this.problem(`${Math.round(this.figures.caught / 1000)} s after the faults, all alive, ${missing.join('; ')}`);
  }

  #measured(counters, run) {
    const own = this.trainers.lives.filter((each) => each.run === run && counters[each.life] !== undefined);
    return own.reduce((sum, { life }) => sum + [...counters[life].calls.values()].filter((kind) => MEASURED.test(kind)).length, 0);
  }

  async #stored(run) {
    const counts = (await this.server.ask(`/runs/${run}`))?.counts;
    return (counts?.metric ?? 0) + (counts?.metric_batch ?? 0);
  }

  /** Spool files that wait still, in every folder where there may be some; those of a run that was deleted for good do not count. */
  #spools() {
    const folders = [this.data, join(this.folder, 'tmp', `xtrack-${process.getuid?.() ?? 0}`)];
    for (const name of readdirSync(this.folder)) if (name.startsWith('away-')) folders.push(join(this.folder, name));
    return folders
      .map((folder) => join(folder, 'spool'))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((path) => /\.(spool|xtrack|xtf)$/.test(path) && !(this.victim === 'purged' && /\/victim-/.test(path)));
  }

  async #close() {
    for (const plane of this.#planes().reverse()) {
      plane.expected = true;
      const code = await plane.stop(STOP_MS * load());
      if (code === undefined) this.problem(`${plane.name} does not end within ${STOP_MS / 1000} s of SIGTERM`);
      else if (code !== 0) this.problem(`${plane.name} ended with ${code} after SIGTERM: see ${plane.name}.err`);
    }
    const { dist, data, trainers } = this;
    const runs = [...new Set(trainers.lives.map(({ run }) => run))];
    const ledger = {
      dist,
      data,
      database: this.database ?? null,
      file: this.#database(),
      runs,
      lives: trainers.lives,
      mayDrop: this.plan.small,
      victim: this.victim || null,
      verify: this.verify,
    };
    writeFileSync(join(this.folder, 'ledger.json'), JSON.stringify(ledger, null, 1));
    const check = new URL('check.mjs', import.meta.url).pathname;
    const env = this.crew.environment();
    const member = spawnSync(process.execPath, [check, this.folder], { encoding: 'utf8', env, maxBuffer: 1 << 26, timeout: 300_000 });
    if (member.status !== 0) throw new Error(`the check ended with ${member.status}: ${member.stderr.slice(-4_000)}`);
    return JSON.parse(member.stdout);
  }

  #database() {
    return join(this.data, readdirSync(this.data).find((name) => name.endsWith('.db')) ?? 'xtrack.db');
  }

  #judge({ emitted, stored, declared, ...faults }) {
    Object.assign(this.figures, { emitted, stored, declared });
    for (const name of ['lost', 'doubled', 'wrong', 'status']) {
      if (name in this.figures) this.figures[name] = faults[name].length;
      for (const text of faults[name]) this.problem(`${name}: ${text}`);
    }
  }

  async #cleanUp() {
    this.over = true;
    if (this.problems.length > 0) this.states = this.crew.describe();
    for (const proxy of this.proxies) await proxy.close();
    if (!(await this.crew.end())) this.problem('some processes cannot be ended');
    await this.postgres?.remove().catch((error) => this.problem(String(error)));
    if (this.disk !== undefined) {
      if (this.problems.length > 0) spawnSync('cp', ['-a', this.data, `${this.data}-kept`]);
      if (!this.disk.unmount()) this.problem('the small disk cannot be unmounted');
    }
  }
}
