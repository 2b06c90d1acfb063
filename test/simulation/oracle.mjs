// The oracle outside: what each emitter's log calls returned for, what the store has taken, what was acknowledged. It reads bytes, and
// knows none of the code under test.

import { bare, identity, parse, seqOf, split, wholeLength } from './frames.mjs';

/** One incarnation of one worker, as its emitter knows it. */
class Life {
  /** Frames that the spool took, by number. */
  kept = new Map();
  /** The highest number that was given, and the highest of which anybody can know now. */
  given = 0;
  last = 0;
  /** Calls of log functions. */
  calls = 0;
  killed = false;
  /** Numbers that were only in the memory of a process that was killed while its spool could not be written. */
  excused = new Set();
  /** It had written to the run when that was purged. */
  buried = false;
  durable = new Set();
  /** Ranges that stored events declare lost. */
  declared = [];
  contiguous = 0;
  acked = 0;

  constructor(runId, worker, incarnation) {
    this.runId = runId;
    this.worker = worker;
    this.incarnation = incarnation;
    this.name = identity(runId, worker, incarnation);
  }

  /** The event of this number was kept, can still come, and is not durable. */
  waits(seq) {
    return this.kept.has(seq) && !this.durable.has(seq) && !this.excused.has(seq);
  }

  /** Every number up to here is durable, or was never kept. */
  settled() {
    while (this.contiguous < this.given && !this.waits(this.contiguous + 1)) this.contiguous += 1;
    return this.contiguous;
  }
}

export class Oracle {
  lives = new Map();
  #byIncarnation = new Map();
  /** Runs that were deleted from outside, and may have lost what they had. */
  purged = new Set();

  constructor(place) {
    this.world = place;
  }

  begin(runId, worker, incarnation) {
    const life = new Life(runId, worker, incarnation);
    this.lives.set(life.name, life);
    this.#byIncarnation.set(incarnation, life);
    return life;
  }

  /** An emitter's spool was given frames, and took them or not. */
  spooled(incarnation, frames, taken) {
    const life = this.#byIncarnation.get(incarnation);
    if (life === undefined) return;
    const all = [...split(frames)];
    // A declaration that found no room takes no number; what was to follow it does.
    const unnumbered = !taken && parse(all[0])?.t === 'gap' ? 1 : 0;
    for (const frame of all) {
      const seq = seqOf(frame);
      life.last = Math.max(life.last, seq - unnumbered);
      life.given = Math.max(life.given, life.last);
      if (taken) life.kept.set(seq, Buffer.from(frame));
    }
  }

  /** A batch is in the store, but for what is of the runs that it refused. */
  durable(batch, refused) {
    for (const { runId, bytes, implied, events } of batch.blocks) {
      if (refused.has(runId)) continue;
      let count = 0;
      for (const frame of split(bytes)) {
        this.#stored(runId, frame, implied);
        count += 1;
      }
      if (count !== events || wholeLength(bytes) !== bytes.length)
        this.world.violate('I3', `run ${runId}: a block of ${events} events holds ${count} frames`);
    }
    for (const mark of batch.marks) if (!refused.has(mark.runId)) this.#marked(mark);
  }

  #stored(runId, frame, implied) {
    const json = parse(frame);
    if (json === undefined) return this.world.violate('I3', `run ${runId}: a stored frame is no JSON: ${frame.toString('latin1', 0, 80)}`);
    const { seq, wid = '', inc = implied[wid] ?? '' } = json.m;
    if (wid.startsWith('$')) return undefined;
    const life = this.lives.get(identity(runId, wid, inc));
    if (life === undefined)
      return this.world.violate('I3', `run ${runId}: an event of nobody was stored: ${frame.toString('latin1', 4, 160)}`);
    const kept = life.kept.get(seq);
    if (kept === undefined || !bare(kept).equals(bare(frame)))
      return this.world.violate('I3', `${life.name}: event ${seq} was stored with other bytes`);
    if (life.buried) return this.world.violate('G4', `${life.name}: event ${seq} brought back a run that was purged`);
    if (life.durable.has(seq)) return this.world.violate('I2', `${life.name}: event ${seq} was stored twice`);
    if (json.t === 'gap') life.declared.push(json.p);
    // What was declared lost and comes after all is late by its nature.
    const late = life.declared.some(({ from, to }) => seq >= from && seq <= to);
    if (!late && !this.purged.has(runId) && life.durable.size > 0 && seq < life.highest)
      this.world.violate('I5', `${life.name}: event ${seq} was stored after ${life.highest}`);
    life.highest = Math.max(life.highest ?? 0, seq);
    life.durable.add(seq);
    return undefined;
  }

  #marked({ runId, worker, incarnation, contiguous, beyond }) {
    const life = this.lives.get(identity(runId, worker, incarnation));
    if (life === undefined || this.purged.has(runId)) return;
    if (contiguous > life.settled())
      this.world.violate('I1', `${life.name}: the mark says ${contiguous}, stored is up to ${life.settled()}`);
    for (const { from, to } of beyond) {
      for (let seq = from; seq <= Math.min(to, life.last); seq += 1)
        if (life.waits(seq)) this.world.violate('I1', `${life.name}: the mark has ${seq}, which is not stored`);
    }
  }

  /** The collector says that everything up to `seq` is durable. */
  acknowledged({ run_id: runId, wid = '', inc = '' }, seq, how) {
    const life = this.lives.get(identity(runId, wid, inc));
    if (life === undefined || this.purged.has(runId)) return;
    if (seq > life.settled()) this.world.violate('I7', `${life.name}: ${how} up to ${seq}, durable is up to ${life.settled()}`);
    if (seq < life.acked) this.world.violate('I7', `${life.name}: ${how} up to ${seq} after ${life.acked}`);
    life.acked = Math.max(life.acked, seq);
  }

  /**
   * The process is gone and this is left in its spool. What it could not write is gone with it, and declared behind its last event by a
   * frame that was no part of the stream until now; where not even that could be written (`mute`), nobody can know.
   */
  left(life, spool, { killed, mute }) {
    life.killed = killed;
    // Half a frame with zeros behind it is none.
    const frames = [...split(spool)].filter((frame) => parse(frame) !== undefined);
    const written = new Map(frames.map((frame) => [seqOf(frame), frame]));
    written.delete(0);
    for (const seq of life.kept.keys()) if (!written.has(seq) && !life.durable.has(seq)) life.excused.add(seq);
    for (const [seq, frame] of written) if (!life.kept.has(seq)) life.kept.set(seq, Buffer.from(frame));
    const known = [...life.kept.keys()].filter((seq) => !life.excused.has(seq));
    if (killed || mute) life.last = Math.max(0, ...known);
    else life.last = Math.max(life.last, ...known);
    life.given = Math.max(life.given, life.last);
    life.mute = mute;
  }

  purge(runId) {
    this.purged.add(runId);
    for (const life of this.lives.values()) {
      if (life.runId !== runId) continue;
      // What comes late from somebody who had written to it before does not bring it back.
      life.buried ||= life.durable.size > 0;
      life.durable.clear();
      life.contiguous = 0;
    }
  }
}
