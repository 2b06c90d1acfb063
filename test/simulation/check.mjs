// After a schedule: let everything drain, then hold what is stored against what was emitted.

import { code } from './code.mjs';
import { files } from './files.mjs';
import { parse, split } from './frames.mjs';
import { SPOOLS } from './plane.mjs';

/** Everything drains within this (virtual ms), once the faults have ended. */
const DRAIN_MS = 240_000;
/** Whoever logs to a run that was purged is refused for ever: this long it may try (virtual ms). */
const PURGED_MS = 60_000;
/** After this nobody has anything to do with a run any more (ms). */
const IDLE_MS = 200_000;

/** Ends what lives, and waits until nothing waits. */
export async function drain(stage) {
  const { world, oracle } = stage;
  for (const worker of stage.livingWorkers) worker.end(oracle.purged.has(worker.runId) ? PURGED_MS : DRAIN_MS);
  const done = () => stage.livingWorkers.length === 0 && left(oracle).length === 0;
  const from = Math.max(world.time, stage.disk.stuckUntil);
  const drained = await world.run(from + DRAIN_MS, done);
  world.note('drained', String(drained));
  if (!drained) reportUndrained(stage);
  // What is still on its way settles.
  await world.run(world.time + 100);
}

/** Spool files that hold something, but for those of runs that were purged: one whose disk was full when it was made has not even its head. */
function left(oracle) {
  const buried = [...oracle.lives.values()].filter(({ runId }) => oracle.purged.has(runId));
  return files
    .below(SPOOLS)
    .filter((path) => !split(files.get(path)).next().done && !buried.some(({ incarnation }) => path.includes(incarnation)));
}

function reportUndrained({ world, oracle, livingWorkers }) {
  for (const { life } of livingWorkers) {
    if (!oracle.purged.has(life.runId)) world.violate('I8', `${life.name} did not end: ${life.acked} of ${life.last} acknowledged`);
  }
  for (const path of left(oracle)) world.violate('I8', `${path} was not taken in`);
}

/** Every invariant that can be seen from outside. */
export async function judge(stage) {
  for (const life of stage.oracle.lives.values()) judgeLife(stage, life);
  const runIds = new Set([...stage.oracle.lives.values()].map(({ runId }) => runId));
  for (const runId of runIds) await judgeRun(stage, runId);
}

/** Long after, nothing is held for runs that are over; and what comes all over again, to a control plane that was not there, changes nothing. */
export async function repeat(stage) {
  const { world } = stage;
  await world.run(world.time + IDLE_MS);
  for (const plane of stage.livingPlanes) judgeIdle(world, plane);
  for (const plane of stage.livingPlanes) plane.kill();
  const plane = stage.addPlane();
  await world.run(world.time + 1_000);
  for (const life of stage.oracle.lives.values()) {
    const frames = [...life.kept].flatMap(([seq, frame]) => (life.durable.has(seq) ? [frame] : []));
    if (frames.length > 0) replay(stage, plane, life, frames);
  }
  await world.run(world.time + 5_000);
  await judge(stage);
}

function replay({ world }, plane, life, frames) {
  const path = `/sim/again/${life.incarnation}.xtf`;
  files.put(path, Buffer.concat(frames));
  world.as(plane.domain, () => {
    code.replayFile(plane.hub, path).then(
      ({ events }) => {
        if (events > 0) world.violate('I9', `${life.name}: ${events} events were taken again`);
      },
      (error) => world.violate('I9', `${life.name}: ${error.stack}`),
    );
  });
}

function judgeIdle(world, { name, hub }) {
  const { journal, slots } = hub;
  if (journal.pendingBytes + journal.inFlightBytes !== 0) world.violate('I10', `${name} still holds ${journal.pendingBytes} bytes`);
  if (slots.size > 0) world.violate('I10', `${name} still holds ${[...slots.keys()]}`);
}

function judgeLife({ world, oracle }, life) {
  if (oracle.purged.has(life.runId)) return;
  if (!life.killed && !life.mute && life.last < life.calls)
    world.violate('I4', `${life.name}: ${life.calls} log calls, ${life.last} numbers given`);
  const missing = [...life.kept.keys()].filter((seq) => !life.durable.has(seq) && !life.excused.has(seq));
  if (missing.length > 0)
    world.violate('I4', `${life.name}: kept and never stored: ${missing.slice(0, 8)} (${missing.length} of ${life.kept.size})`);
}

async function judgeRun(stage, runId) {
  const { world, disk, oracle } = stage;
  const { store } = disk;
  const record = await store.getRun(runId);
  if (record === undefined) {
    const known = [...oracle.lives.values()].some((life) => life.runId === runId && life.kept.size > life.excused.size);
    if (known && !oracle.purged.has(runId)) world.violate('I4', `${runId} is not in the store`);
    return;
  }
  const events = await storedEvents(store, runId);
  judgeCounts(world, runId, record, events);
  await judgeSeries(world, store, runId, events);
  if (!oracle.purged.has(runId)) await judgeMarks(stage, runId, await store.getMarks(runId));
}

async function storedEvents(store, runId) {
  const events = [];
  for await (const { bytes, implied } of store.readBlocks(runId)) {
    for (const frame of split(bytes)) {
      const { t, m, p } = parse(frame) ?? {};
      if (m !== undefined) events.push({ t, p, seq: m.seq, worker: m.wid ?? '', incarnation: m.inc ?? implied[m.wid ?? ''] ?? '' });
    }
  }
  return events;
}

function judgeCounts(world, runId, record, events) {
  const counts = {};
  for (const { t } of events) counts[t] = (counts[t] ?? 0) + 1;
  for (const type of new Set([...Object.keys(counts), ...Object.keys(record.counts)])) {
    if ((counts[type] ?? 0) !== (record.counts[type] ?? 0))
      world.violate('I6', `${runId}: ${record.counts[type] ?? 0} ${type} counted, ${counts[type] ?? 0} stored`);
  }
}

async function judgeSeries(world, store, runId, events) {
  const folded = new Map();
  for (const { t, p, worker } of events) {
    const values = t === 'metric' ? { [p.key]: p.value } : t === 'metric_batch' ? p.metrics : {};
    for (const [key, value] of Object.entries(values)) {
      const name = `${worker} ${key}`;
      const fold = folded.get(name) ?? { count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
      fold.count += 1;
      fold.min = Math.min(fold.min, value);
      fold.max = Math.max(fold.max, value);
      folded.set(name, fold);
    }
  }
  const series = new Map((await store.listSeries(runId)).map((each) => [`${each.worker} ${each.key}`, each]));
  for (const name of new Set([...folded.keys(), ...series.keys()])) {
    const [is, ought] = [series.get(name), folded.get(name)];
    const same = is?.count === ought?.count && is?.min === ought?.min && is?.max === ought?.max;
    if (!same)
      world.violate(
        'I6',
        `${runId}: series ${name} has ${is?.count} points (${is?.min} to ${is?.max}), its events ${ought?.count} (${ought?.min} to ${ought?.max})`,
      );
  }
}

async function judgeMarks({ world, oracle }, runId, marks) {
  const byName = new Map(marks.map((mark) => [`${mark.worker} ${mark.incarnation}`, mark]));
  for (const life of oracle.lives.values()) {
    if (life.runId !== runId || life.kept.size === life.excused.size) continue;
    const mark = byName.get(`${life.worker} ${life.incarnation}`);
    if (mark === undefined) world.violate('I4', `${life.name} has no mark`);
    else judgeMark(world, life, mark);
  }
}

/** Numbers that were given and not kept are declared; nothing else is. */
function judgeMark(world, life, mark) {
  const declared = new Set(mark.declared.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at)));
  for (let seq = 1; seq <= life.last; seq += 1) {
    if (life.excused.has(seq) || life.kept.has(seq) !== declared.has(seq)) continue;
    world.violate('I4', `${life.name}: ${seq} is ${declared.has(seq) ? 'stored and declared lost' : 'neither stored nor declared'}`);
  }
  if (life.excused.size === 0 && mark.contiguous !== life.last)
    world.violate('I4', `${life.name}: the mark ends at ${mark.contiguous}, the events at ${life.last}`);
}
