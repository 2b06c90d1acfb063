// What is derived of a run, made anew: it is gathered under a name of its own, out of sight, and then takes the place of the former at once.

import type { RevisionStep } from './store.js';
import type { CommitRows, MarkRow, RunRow } from './thread/rows.js';

/** No run id begins with it. */
const ASIDE = '/aside/';

/** Where what is to take the place of a run's rows is gathered. */
export function asideOf(runId: string): string {
  return `${ASIDE}${runId}`;
}

/** Rows under that name: only what a run has many of. */
export function rowsAside(rows: CommitRows): CommitRows {
  const aside = <Row extends { readonly runId: string }>(part: readonly Row[]): Row[] =>
    part.map((row) => ({ ...row, runId: asideOf(row.runId) }));
  return { ...rows, entries: aside(rows.entries), tracks: aside(rows.tracks) };
}

/** What takes the place of a run's rows. */
export interface ReplacementRows {
  readonly run: RunRow;
  readonly marks: readonly MarkRow[];
  readonly revision: RevisionStep;
}

/** The rows of a replacement as those of a commit. */
export function commitRows({ run, marks, revision }: ReplacementRows): CommitRows {
  const none = new Float64Array(0);
  const points = { length: 0, track: new Uint32Array(0), seq: none, step: none, epoch: none, ts: none, value: none };
  const nothing = { blocks: [], tracks: [], entries: [], commands: [], warnings: [], deadLetters: [], points };
  return { ...nothing, number: 0, aside: false, runs: [run], marks, revisions: [revision] };
}
