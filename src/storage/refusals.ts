// What every store refuses in the same way: wrong arguments at its door, and runs of a commit that must not be stored.

import { XTrackError } from '../protocol/errors.js';
import type { PointColumns } from './series/series.js';
import type { Batch, Refusal, RevisionStep } from './store.js';
import type { CommitRows } from './thread/rows.js';

/** Throws XT_ARGUMENT unless the value, where given, is an integer of at least `least`. */
function checkInteger(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new XTrackError('XT_ARGUMENT', { detail: `${name} must be an integer of at least ${least}, not ${value}`, field: name });
}

/** Throws XT_ARGUMENT where limit, offset or maxPoints is not a sensible number. */
export function checkPage(query: { readonly limit?: number; readonly offset?: number; readonly maxPoints?: number }): void {
  checkInteger('limit', query.limit, 0);
  checkInteger('offset', query.offset, 0);
  checkInteger('maxPoints', query.maxPoints, 1);
}

/** Throws XT_STORE_WRITE where a point names a track that no batch has defined, or a column is too short. */
export function checkPoints(points: Batch['points'], isKnown: (track: number) => boolean): void {
  const { length, track } = points;
  const shortest = Math.min(
    track.length,
    points.seq.length,
    points.step.length,
    points.epoch.length,
    points.ts.length,
    points.value.length,
  );
  if (length > shortest) throw new XTrackError('XT_STORE_WRITE', { detail: `${length} points in columns of ${shortest}` });
  let previous = -1;
  for (let at = 0; at < length; at++) {
    const id = track[at] as number;
    if (id === previous) continue;
    if (!isKnown(id)) throw new XTrackError('XT_STORE_WRITE', { detail: `point ${at} names the unknown track ${id}` });
    previous = id;
  }
}

/** Which run a track is of; undefined: of none that is known. */
type RunOf = (track: number) => string | undefined;

/** Why the step must not be taken from the revision that is stored; undefined: it may. A run that is not there has revision 0. */
export function refusalOf({ runId, from }: RevisionStep, stored: number): Refusal | undefined {
  if (stored === from) return undefined;
  const what = stored === 0 ? 'is gone: it was removed' : 'was written to by another process';
  return { runId, code: 'XT_RUN_CHANGED', detail: `run '${runId}' ${what}` };
}

/** Of a commit that is stored already: the steps that were not taken then. `stored`: revisions by run. */
export function refusedOf(steps: readonly RevisionStep[], stored: ReadonlyMap<string, number>): Refusal[] {
  return steps.flatMap((step) => {
    const now = stored.get(step.runId) ?? 0;
    if (now === step.to) return [];
    const detail = `what run '${step.runId}' has of the commit was not stored`;
    return [refusalOf(step, now) ?? { runId: step.runId, code: 'XT_STORE_WRITE', detail }];
  });
}

/** Every run that the rows are about, in an order that is the same for all writers. */
export function runsOf(rows: CommitRows, runOf: RunOf): string[] {
  const { runs, blocks, marks, entries, commands, warnings, deadLetters } = rows;
  const ids = new Set([runs, blocks, marks, entries, commands, warnings, deadLetters].flatMap((part) => part.map(({ runId }) => runId)));
  let previous = -1;
  for (let at = 0; at < rows.points.length; at++) {
    const track = rows.points.track[at] as number;
    const runId = track === previous ? undefined : runOf(track);
    if (runId !== undefined) ids.add(runId);
    previous = track;
  }
  return [...ids].sort();
}

interface Parts {
  readonly points: PointColumns;
}

/** The commit without the runs that were refused. */
export function without(rows: CommitRows, refused: readonly Refusal[], runOf: RunOf): CommitRows {
  const out = new Set(refused.map(({ runId }) => runId));
  return out.size === 0 ? rows : partOf(rows, (runId) => !out.has(runId), runOf);
}

/** The part of a commit that is about these runs. The commit itself stays as it is. */
export function partOf<Commit extends Parts>(commit: Commit, isPart: (runId: string) => boolean, runOf: RunOf): Commit {
  const parts = Object.entries(commit).map(([name, part]: [string, unknown]) => [
    name,
    Array.isArray(part) ? part.filter(({ runId }: { runId: string }) => isPart(runId)) : part,
  ]);
  return { ...Object.fromEntries(parts), points: pointsOf(commit.points, (track) => isPart(runOf(track) ?? '')) } as Commit;
}

function pointsOf(points: PointColumns, isPart: (track: number) => boolean): PointColumns {
  const kept: number[] = [];
  for (let at = 0; at < points.length; at++) if (isPart(points.track[at] as number)) kept.push(at);
  const column = (from: Float64Array): Float64Array => Float64Array.from(kept, (at) => from[at] as number);
  return {
    length: kept.length,
    track: Uint32Array.from(kept, (at) => points.track[at] as number),
    seq: column(points.seq),
    step: column(points.step),
    epoch: column(points.epoch),
    ts: column(points.ts),
    value: column(points.value),
  };
}
