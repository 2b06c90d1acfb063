// Makes everything anew that is derived of a run, out of its event log: beside what there is, and then in its place at once.

import { isFinal } from '../../protocol/events.js';
import { PointBuffer } from '../../runtime/point-buffer.js';
import { Sequence } from '../../runtime/sequence.js';
import type { Batch, Entry, RunRecord, SeriesSummary, Store, StoreReader, TrackDefinition, WorkerMark } from '../../storage/store.js';
import { ENTRY_KINDS, entryPages } from '../entry-pages.js';
import { canonical, seriesName } from '../run-digest.js';
import { awaitsProcess } from './compare.js';
import type { LogLanes } from './refold.js';

/** Points of one commit. */
const BATCH_POINTS = 65_536;

/** Ids of tracks, apart from those that a journal of this process gives. */
const FIRST_TRACK = 2 ** 31;
let lastTrack = FIRST_TRACK;

/** Never chosen by anybody else: see RevisionStep. */
const anyRevision = (): number => 1 + Math.floor(Math.random() * 2 ** 52);

/** What the log of a run adds up to. */
export interface Fold {
  /** In memory; holds the run and nothing else. */
  readonly twin: Store;
  readonly lanes: LogLanes;
  /** Lanes whose frames carry no incarnation. */
  readonly implied: ReadonlySet<string>;
  /** All of it could be read. Where not, what is derived may be all that is left of the rest: nothing of it is taken away. */
  readonly whole: boolean;
}

/**
 * `revision`: of the run before anything of it was read. False: somebody else wrote to it meanwhile, and nothing was changed. Only of a store
 * that can (`replaceDerived`).
 */
export async function rebuild(store: Store, stored: RunRecord, revision: number, fold: Fold): Promise<boolean> {
  const { runId } = stored;
  const { twin } = fold;
  await store.dropAside?.(runId);
  if (!fold.whole) await keepSeries(store, twin, runId);
  for (const series of await twin.listSeries(runId)) await copySeries(store, twin, series);
  for (const kind of ENTRY_KINDS) await copyEntries(store, fold, runId, kind);
  const marks = await marksOf(store, runId, fold);
  const folded = (await twin.getRun(runId)) ?? stored;
  const run = recordOf(stored, folded, fold.whole);
  return (await store.replaceDerived?.({ run, marks, revision: { runId, from: revision, to: anyRevision() } })) ?? false;
}

function aside(parts: Partial<Batch>): Batch {
  const none = { blocks: [], tracks: [], runs: [], marks: [], entries: [], commands: [], warnings: [], deadLetters: [] };
  return { ...none, points: new PointBuffer().take(), ...parts, aside: true };
}

async function copyEntries(store: Store, { twin, whole }: Fold, runId: string, kind: Entry['type']): Promise<void> {
  const skip = kind === 'log' ? await removedLogs(store, twin, runId) : 0;
  const from = whole ? twin : await longer(store, twin, runId, kind);
  let at = 0;
  for await (const page of entryPages(from, runId, kind)) {
    const entries = from === twin ? page.slice(Math.max(0, skip - at)) : page;
    at += page.length;
    if (entries.length > 0) await store.commit(aside({ entries }));
  }
}

async function copySeries(store: Store, twin: Store, series: SeriesSummary): Promise<void> {
  const { runId, worker, key, phase, aggregation } = series;
  let track: TrackDefinition | undefined;
  let tracks: TrackDefinition[] = [];
  const points = new PointBuffer();
  const cut = async (): Promise<void> => {
    if (points.length > 0) await store.commit(aside({ tracks, points: points.take() }));
    tracks = [];
  };
  for await (const { incarnation, seq, ts, value, step, epoch } of twin.readPoints(series)) {
    if (track?.incarnation !== incarnation) {
      lastTrack = lastTrack >= 2 ** 32 - 2 ? FIRST_TRACK : lastTrack + 1;
      track = { id: lastTrack, runId, worker, incarnation, key, phase, aggregation };
      tracks.push(track);
    }
    for (let at = 0; at < seq.length; at++) {
      points.push(track.id, seq[at] as number, ts[at] as number, value[at] as number, step[at] as number, epoch[at] as number);
      if (points.length >= BATCH_POINTS) await cut();
    }
  }
  await cut();
}

/** Points that can be read and that the log cannot tell any more. */
async function keepSeries(store: StoreReader, twin: Store, runId: string): Promise<void> {
  const known = new Map((await twin.listSeries(runId)).map((series) => [seriesName(series), series]));
  for (const series of await store.listSeries(runId).catch(() => [])) {
    const seqs = new Set<string>();
    const folded = known.get(seriesName(series));
    if (folded !== undefined)
      for await (const page of twin.readPoints(folded)) for (const seq of page.seq) seqs.add(`${seq} ${page.incarnation}`);
    const { worker, key, phase, aggregation } = series;
    try {
      for await (const { incarnation, seq, ts, value, step, epoch } of store.readPoints(series)) {
        const points = new PointBuffer();
        lastTrack += 1;
        seq.forEach((one, at) => {
          if (!seqs.has(`${one} ${incarnation}`))
            points.push(lastTrack, one, ts[at] as number, value[at] as number, step[at] as number, epoch[at] as number);
        });
        const tracks = [{ id: lastTrack, runId, worker, incarnation, key, phase, aggregation }];
        const { aside: _, ...batch } = aside({ tracks, points: points.take() });
        await twin.commit(batch);
      }
    } catch {
      // What cannot be read cannot be kept.
    }
  }
}

/** The store that has more of the entries. */
async function longer(store: Store, twin: Store, runId: string, kind: Entry['type']): Promise<Store> {
  const [is, should] = [await store.countEntries({ runId, kind }).catch(() => 0), await twin.countEntries({ runId, kind })];
  return is > should ? store : twin;
}

/** Log lines that a rule has removed, the oldest first: those stay away. */
async function removedLogs(store: StoreReader, twin: StoreReader, runId: string): Promise<number> {
  const query = { runId, kind: 'log' } as const;
  const [is, should] = [await store.countEntries(query).catch(() => 0), await twin.countEntries(query)];
  if (is >= should || is === 0) return 0;
  const newest = { ...query, newest: true, limit: 1_000 };
  const [stored, folded] = [await store.getEntries(newest), await twin.getEntries(newest)];
  return canonical(stored) === canonical(folded.slice(-stored.length)) ? should - is : 0;
}

type Name = string;

const nameOf = ({ worker, incarnation }: WorkerMark): Name => JSON.stringify([worker, incarnation]);

/** Of each incarnation: what the store says, and what the log adds up to. */
async function marksOf(store: StoreReader, runId: string, fold: Fold): Promise<WorkerMark[]> {
  const stored = new Map((await store.getMarks(runId).catch(() => [])).map((mark) => [nameOf(mark), mark]));
  const folded = new Map((await fold.twin.getMarks(runId)).map((mark) => [nameOf(mark), mark]));
  const refused = await store.getWarnings(runId);
  return [...new Set([...folded.keys(), ...stored.keys()])].map((name) => {
    const [before, now] = [stored.get(name), folded.get(name)];
    const { worker, incarnation } = (now ?? before) as WorkerMark;
    const seqs = refused.flatMap((warning) => (warning.worker === worker ? (warning.seq ?? []) : []));
    return {
      runId,
      worker,
      incarnation,
      implied: before?.implied ?? fold.implied.has(name),
      startTs: before?.startTs ?? now?.startTs ?? null,
      duplicates: before?.duplicates ?? 0,
      ...arrivals(before, now, seqs, fold.whole ? undefined : (fold.lanes.get(name) ?? [])).snapshot(),
    };
  });
}

/** What is in the log counts as stored, and what was refused, whose bytes are kept apart. `more`: of a log that could not be read whole. */
function arrivals(
  before: WorkerMark | undefined,
  now: WorkerMark | undefined,
  refused: readonly number[],
  more: Iterable<number> | undefined,
): Sequence {
  const sequence = Sequence.from((more === undefined ? now : (before ?? now)) ?? nothing);
  for (const seq of more ?? []) sequence.accept(seq);
  for (const seq of refused) if (isMarked(before, seq)) sequence.accept(seq);
  for (const gap of before?.declared ?? []) sequence.declare(gap);
  if (before?.expected !== undefined) sequence.expect(before.expected);
  return sequence;
}

const nothing = { contiguous: 0, beyond: [], declared: [] };

function isMarked(mark: WorkerMark | undefined, seq: number): boolean {
  return mark === undefined || seq <= mark.contiguous || mark.beyond.some(({ from, to }) => from <= seq && seq <= to);
}

/** What the control plane alone says of a run is no part of the log, and stays. */
function recordOf(stored: RunRecord, folded: RunRecord, whole: boolean): RunRecord {
  const { damaged, deletedAt: _trash, ...kept } = stored;
  const { endedAt, error, exit, finalMetrics, status } = folded;
  const ends = isFinal(status) ? { status, endedAt, error, exit, finalMetrics } : LIVE;
  if (damaged !== undefined) return { ...folded, ...ends, ...namesOf(kept, folded), owner: null };
  const isOver = isFinal(kept.status);
  const endsAnew = awaitsProcess(kept, folded) ? false : whole ? isOver || isFinal(status) : !isOver && isFinal(status);
  const tags = { ...kept.tags, ...folded.tags };
  if (!whole) return { ...kept, ...(endsAnew && ends), counts: most(kept, folded), tags };
  const { counts, workers, startedAt } = folded;
  return { ...kept, ...(endsAnew && ends), counts, workers, startedAt: startedAt ?? kept.startedAt, tags };
}

const LIVE = { status: 'interrupted', endedAt: null, error: null, exit: null, finalMetrics: null } as const;

function namesOf(kept: RunRecord, folded: RunRecord): Pick<RunRecord, 'name' | 'experimentId' | 'parentRunId'> {
  return {
    name: folded.name ?? kept.name,
    experimentId: folded.experimentId ?? kept.experimentId,
    parentRunId: folded.parentRunId ?? kept.parentRunId,
  };
}

function most({ counts: a }: RunRecord, { counts: b }: RunRecord): Record<string, number> {
  return Object.fromEntries([...Object.keys(a), ...Object.keys(b)].map((type) => [type, Math.max(a[type] ?? 0, b[type] ?? 0)]));
}
