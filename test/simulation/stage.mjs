// One schedule's actors: a disk, a network, control planes and training processes, and the oracle that watches them.

import { code } from './code.mjs';
import { Disk } from './disk.mjs';
import { parse } from './frames.mjs';
import { Network } from './net.mjs';
import { Oracle } from './oracle.mjs';
import { Plane } from './plane.mjs';
import { Worker } from './worker.mjs';

let current;

/** The stage of the schedule that runs now. */
export const stage = () => current;

export class Stage {
  planes = [];
  workers = [];
  runs = [];
  spoolsFull = false;

  constructor(place, store) {
    this.world = place;
    this.network = new Network(place);
    this.oracle = new Oracle(place);
    this.disk = new Disk(place, store);
    this.disk.onDurable = (batch, refused) => this.oracle.durable(batch, refused);
    this.network.wrote = (pipe, bytes) => this.#wrote(pipe, bytes);
    current = this;
  }

  close() {
    current = undefined;
  }

  addPlane() {
    const plane = new Plane(this.world, this.network, this.disk, `plane${this.planes.length}`);
    this.planes.push(plane);
    return plane;
  }

  addWorker(options) {
    const worker = new Worker(this, options);
    this.workers.push(worker);
    return worker;
  }

  get livingPlanes() {
    return this.planes.filter((plane) => plane.alive);
  }

  get livingWorkers() {
    return this.workers.filter((worker) => worker.alive);
  }

  /** What a control plane says of durability is held against what is durable when it says it. */
  #wrote(pipe, bytes) {
    if (!pipe.from.server) return;
    const { t, p } = parse(Buffer.from(bytes)) ?? {};
    if (t === 'ack' && p.status === 'ok') this.oracle.acknowledged(p, p.seq, 'acknowledged');
    else if (t === 'ack') this.world.note('refused', `${p.run_id} ${p.wid ?? ''} ${p.seq} ${p.error}`);
    else if (t === 'welcome') this.#welcomed(pipe, p);
  }

  #welcomed(pipe, p) {
    const life = pipe.to.owner.life;
    if (life !== undefined)
      this.oracle.acknowledged({ run_id: life.runId, wid: life.worker, inc: life.incarnation }, p.resume_from - 1, 'welcome resumes');
  }
}

export const memoryStore = () => code.openMemoryStore();
