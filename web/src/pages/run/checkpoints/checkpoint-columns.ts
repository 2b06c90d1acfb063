// What the checkpoints of a run can be compared by, and how to go on from one by hand.

import { shellLine } from '../overview/shell-words';

export interface MeasuredCheckpoint {
  readonly metrics: Readonly<Record<string, number>> | null;
}

/** Names of all metrics, those first that most checkpoints have. */
export function metricColumns(checkpoints: readonly MeasuredCheckpoint[], most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of checkpoints) for (const key of Object.keys(metrics ?? {})) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .sort(([a, many], [b, more]) => more - many || a.localeCompare(b))
    .slice(0, most)
    .map(([key]) => key);
}

/** More are shown when somebody asks for them. */
const MOST_ROWS = 200;

/** Newest first, and the best one among them however old it is. */
export function shownCheckpoints<Checkpoint>(
  checkpoints: readonly Checkpoint[],
  best: Checkpoint | undefined,
  all: boolean,
): { readonly shown: readonly Checkpoint[]; readonly hidden: number } {
  const newest = checkpoints.toReversed();
  if (all || newest.length <= MOST_ROWS) return { shown: newest, hidden: 0 };
  const shown = newest.slice(0, MOST_ROWS);
  if (best !== undefined && !shown.includes(best)) shown.push(best);
  return { shown, hidden: newest.length - shown.length };
}

export interface StartedProcess {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

export interface ResumedRun {
  readonly runId: string;
  readonly experimentId: string | null;
  readonly process: StartedProcess | null;
}

/** The command that starts the run again from a checkpoint, as its child. */
export function resumeCommand({ runId, experimentId, process }: ResumedRun, checkpointPath: string): string {
  const experiment = experimentId === null ? [] : ['--experiment', experimentId];
  const variables = ['--env', `XTRACK_RESUME_RUN_ID=${runId}`, '--env', `XTRACK_RESUME_CHECKPOINT=${checkpointPath}`];
  const own = process === null ? ['python3', 'train.py'] : [process.command, ...process.args];
  const place = process === null ? [] : ['--cwd', process.cwd];
  return shellLine(['npx', 'xtrack', 'run', '--parent', runId, ...experiment, ...place, ...variables, '--', ...own]);
}
