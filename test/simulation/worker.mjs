// A training process of the simulation: the real emitter run with its queue, spool and sender.

import { code } from './code.mjs';
import { files } from './files.mjs';
import { SOCKET, SPOOLS } from './plane.mjs';

/** How long flush and end wait (ms), unless told otherwise. */
const PATIENCE = 10_000;
/** A connection that owes acks is given up after this (ms). */
const ANSWER = 45_000;

/** As the emitter makes it: sorts by time. */
function incarnationAt(ms, number) {
  return `${Math.floor(ms).toString(36)}-${number.toString(16).padStart(8, '0')}`;
}

export class Worker {
  constructor(stage, { runId, worker, skew = 0, name }) {
    const { world: place } = stage;
    this.world = place;
    this.oracle = stage.oracle;
    this.runId = runId;
    this.worker = worker;
    this.domain = place.spawn(name ?? `${runId}/${worker}`);
    this.domain.skew = skew;
    this.incarnation = place.as(this.domain, () => incarnationAt(Date.now(), stage.oracle.lives.size));
    this.life = stage.oracle.begin(runId, worker, this.incarnation);
    this.domain.life = this.life;
    this.ending = undefined;
    this.run = place.as(this.domain, () => this.#open());
    this.life.calls += 1;
    place.note('start', `${this.life.name} pid ${this.domain.pid}`);
  }

  get alive() {
    return this.domain.alive;
  }

  #open() {
    return new code.EmitterRun({
      identity: { runId: this.runId, worker: this.worker, incarnation: this.incarnation },
      delivery: {
        endpoints: [{ kind: 'unix', path: SOCKET }],
        record: 'spool',
        path: SPOOLS,
        spoolFolder: SPOOLS,
        data: '/sim',
        optional: false,
      },
      token: () => undefined,
      patienceMs: PATIENCE,
      acks: true,
      answerMs: code.answerMs ?? ANSWER,
      complaints: new code.Complaints(false),
      start: { type: 'run_start', capabilities: ['ack', 'command'] },
      onEnd: () => undefined,
    });
  }

  log(what, count, random) {
    if (!this.alive || this.ending !== undefined || this.run === undefined) return;
    this.world.as(this.domain, () => {
      for (let at = 0; at < count; at += 1) this.#one(what, random);
    });
    this.life.calls += count;
  }

  #one(what, random) {
    const number = this.life.calls * 1000 + random.int(0, 999);
    if (what === 'metric') this.run.logMetric(random.pick(['loss', 'lr']), number, { step: number });
    else if (what === 'metrics') this.run.logMetrics({ loss: number, acc: number / 7 }, { step: number });
    else if (what === 'param') this.run.logParam(`p${random.int(0, 5)}`, number);
    else if (what === 'status') this.run.setStatus('training', { message: `m${number}` });
    else this.run.log('x'.repeat(what === 'long' ? random.int(3_000, 9_000) : random.int(0, 60)));
  }

  end(timeoutMs) {
    if (!this.alive || this.ending !== undefined || this.run === undefined) return;
    this.world.note('end', this.life.name);
    this.life.calls += 1;
    const options = timeoutMs === undefined ? {} : { timeoutMs };
    this.ending = this.world.as(this.domain, () => this.run.end('completed', options).then(() => this.#exit()));
  }

  #exit() {
    this.world.note('exit', this.life.name);
    this.world.at(0, this.world.outside, () => {
      this.world.kill(this.domain);
      if (this.#spoolFile() !== undefined || files.wasFull()) this.#leave(false);
    });
  }

  #spoolFile() {
    return files.below(SPOOLS).find((path) => path.includes(this.incarnation) && !path.includes('copy'));
  }

  #leave(killed) {
    const file = this.#spoolFile();
    this.oracle.left(this.life, file === undefined ? Buffer.alloc(0) : files.get(file), { killed, mute: files.wasFull() });
  }

  kill() {
    if (!this.alive) return;
    this.world.note('kill', this.life.name);
    this.world.kill(this.domain);
    this.#leave(true);
  }
}

/** Sees what each emitter's spool takes: that is what its log calls returned for. */
export function watchSpools(stageOf) {
  const { append } = code.EmitterSpool.prototype;
  code.EmitterSpool.prototype.append = function watched(frames, share) {
    const stage = stageOf();
    if (stage === undefined) return append.call(this, frames, share);
    const copy = Buffer.from(frames);
    const taken = !(stage.spoolsFull && share < 1) && append.call(this, frames, share);
    stage.oracle.spooled(this.path.replace(/^.*\/|\.[^.]*$/g, ''), copy, taken);
    return taken;
  };
}
