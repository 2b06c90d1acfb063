// The command that shows what changed in the code between two runs.

import type { RunComparison } from '../../../api/types';

export interface Commit {
  readonly at: number;
  readonly commit: string;
  readonly isDirty: boolean;
}

/** A commit as Git writes it. Anything else comes from a worker and is not put into a command. */
const COMMIT = /^[0-9a-f]{7,64}$/i;

/** The commit of each run that has one; empty where all runs have the same. */
export function commitsOf({ source }: Pick<RunComparison, 'source'>): Commit[] {
  const commits = source.find(({ key }) => key === 'gitCommit')?.values ?? [];
  const dirty = source.find(({ key }) => key === 'gitDirty')?.values;
  return commits.flatMap((commit, at) =>
    typeof commit === 'string' && COMMIT.test(commit) ? [{ at, commit, isDirty: dirty?.[at] === true }] : [],
  );
}

export function diffCommand(from: string, to: string): string {
  return `git diff ${from.slice(0, 12)} ${to.slice(0, 12)}`;
}
