// The store as a disk with faults: commits that are slow, stuck, refused, or carried out without anybody hearing of it; reads that
// fail with the storage thread. Behind it is a real store. Each control plane opens a handle of its own.

import { code } from './code.mjs';
import { here } from './world.mjs';

const POISON = 0xdb;
/** Tracks are named per process: each handle's are moved out of the others' way. */
const TRACKS = 1_000_000;

/** Not carried out as a call that takes its time. */
const OTHERS = new Set(['constructor', 'commit', 'close', 'readBlocks', 'readPoints', 'onChange']);

/** Every other method of a store. */
function callsOf(store) {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => !OTHERS.has(name) && typeof store[name] === 'function');
}

/** A batch that shares no memory with its maker, whose own is made useless: the store owns it from the call on. */
function handedOver(batch, offset) {
  const blocks = batch.blocks.map((block) => {
    const bytes = block.bytes.slice();
    block.bytes.fill(POISON);
    return { ...block, bytes };
  });
  const { length } = batch.points;
  const points = { length };
  for (const column of ['track', 'seq', 'step', 'epoch', 'ts', 'value']) {
    points[column] = batch.points[column].slice(0, length);
    batch.points[column].fill(column === 'track' ? 0xffffffff : Number.NaN);
  }
  if (offset > 0) for (let at = 0; at < length; at += 1) points.track[at] += offset;
  const tracks = offset > 0 ? batch.tracks.map((track) => ({ ...track, id: track.id + offset })) : batch.tracks;
  return { ...batch, blocks, points, tracks };
}

/** What all control planes of a schedule share. */
export class Disk {
  handles = 0;
  /** Commits to come, in order: `refuse`, `unknown`, or undefined. */
  plan = [];
  /** Nothing is written before (virtual ms). */
  stuckUntil = 0;
  /** Every call fails until then. */
  deadUntil = 0;
  /** The most that a call takes (ms). */
  slow = 1;
  commits = 0;
  refused = 0;
  /** Calls with each batch at the moment it is durable. */
  onDurable = () => undefined;

  constructor(place, store) {
    this.world = place;
    this.store = store;
  }

  error(detail) {
    return new code.XTrackError('XT_STORE_WRITE', { detail });
  }

  /** A handle for the process that runs now. */
  open() {
    const owner = here();
    const offset = this.handles * TRACKS;
    this.handles += 1;
    const handle = { close: async () => undefined, commit: (batch) => this.commit(owner, handedOver(batch, offset)) };
    for (const name of callsOf(this.store)) handle[name] = (...given) => this.call(owner, () => this.store[name](...given));
    handle.readBlocks = (...given) => this.store.readBlocks(...given);
    handle.readPoints = (...given) => this.store.readPoints(...given);
    return handle;
  }

  wait() {
    return this.world.noise.float() * this.slow;
  }

  /** A read, or a small write: carried out after a while, answered after another. */
  call(owner, action) {
    return new Promise((resolve, reject) => {
      this.world.at(this.wait(), owner, () => {
        if (this.world.time < this.deadUntil) reject(new code.XTrackError('XT_STORE_READ', { detail: 'the storage thread died' }));
        else this.settle(owner, action(), resolve, reject);
      });
    });
  }

  /** Real stores answer in real time: the world waits for them. */
  settle(owner, result, resolve, reject) {
    const answered = result.then(
      (value) => this.world.at(this.wait(), owner, () => resolve(value)),
      (error) => this.world.at(this.wait(), owner, () => reject(error)),
    );
    this.world.await(answered);
  }

  commit(owner, batch) {
    const fate = this.plan.shift();
    return new Promise((resolve, reject) => {
      // The disk goes on with what it was told, whether or not the process that told it still lives.
      const attempt = () => {
        const { world: place } = this;
        if (place.time < this.deadUntil) return this.refuse(owner, reject, 'the storage thread died');
        if (place.time < this.stuckUntil) {
          place.at(this.stuckUntil - place.time + this.wait(), owner, attempt);
          return undefined;
        }
        if (fate === 'refuse') return this.refuse(owner, reject, 'refused');
        return this.write(owner, batch, fate, resolve, reject);
      };
      this.world.at(this.wait(), this.world.noise.float() < 0.5 ? owner : this.world.outside, attempt);
    });
  }

  refuse(owner, reject, why) {
    this.refused += 1;
    this.world.note('commit', `of ${owner.name} refused: ${why}`);
    this.world.at(this.wait(), owner, () => reject(this.error(why)));
  }

  write(owner, batch, fate, resolve, reject) {
    const done = this.store.commit(batch).then(
      (refused) => {
        this.commits += 1;
        this.onDurable(batch, new Set(refused?.map(({ runId }) => runId)));
        this.world.note(
          'commit',
          `of ${owner.name}: ${batch.blocks.reduce((sum, { events }) => sum + events, 0)} events, ${fate ?? 'told'}`,
        );
        this.world.at(this.wait(), owner, () => (fate === 'unknown' ? reject(this.error('the answer was lost')) : resolve(refused)));
      },
      (error) => this.world.at(this.wait(), owner, () => reject(error)),
    );
    this.world.await(done);
  }

  heal() {
    this.plan = [];
    this.stuckUntil = Math.min(this.stuckUntil, this.world.time + 1);
    this.deadUntil = 0;
    this.slow = 1;
  }
}
