// The difference of the code between two of the runs: the command that shows it, ready to be copied.

import { Select } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import type { RunComparison } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import classes from '../compare.module.css';
import type { ComparedRun } from '../compared';

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

interface GitPanelProps {
  readonly comparison: RunComparison;
  readonly runs: readonly ComparedRun[];
  /** The run to begin with, where it has a commit. */
  readonly base: string;
}

export function GitPanel({ comparison, runs, base }: GitPanelProps): ReactElement | null {
  const commits = commitsOf(comparison);
  const [chosen, setChosen] = useState<readonly [from: string | null, to: string | null]>([null, null]);
  const find = (runId: string | null): Commit | undefined => commits.find(({ at }) => runs[at]?.runId === runId);
  const from = find(chosen[0]) ?? find(base) ?? commits[0];
  const to = find(chosen[1]) ?? commits.find(({ commit }) => commit !== from?.commit);
  if (from === undefined || to === undefined) return null;
  const data = commits.map(({ at, commit }) => ({ value: runs[at]?.runId ?? '', label: `${runs[at]?.name} · ${commit.slice(0, 8)}` }));
  const command = diffCommand(from.commit, to.commit);
  const dirty = [from, to].filter(({ isDirty }) => isDirty).map(({ at }) => runs[at]?.name);
  return (
    <section className={classes.card} aria-label="Difference of the code">
      <h2 className={classes.cardTitle}>Code</h2>
      <div className={classes.bar}>
        <Select
          label="From"
          searchable
          allowDeselect={false}
          data={data}
          value={runs[from.at]?.runId ?? null}
          onChange={(runId) => setChosen([runId, chosen[1]])}
        />
        <Select
          label="To"
          searchable
          allowDeselect={false}
          data={data}
          value={runs[to.at]?.runId ?? null}
          onChange={(runId) => setChosen([chosen[0], runId])}
        />
        <span className={classes.command}>
          <code>{command}</code>
          <CopyButton value={command} label="Copy the command" />
        </span>
      </div>
      {from.commit === to.commit && <p className={classes.dim}>Both ran the same commit.</p>}
      {dirty.length > 0 && <p className={classes.dim}>{dirty.join(' and ')} had changes that the commit does not hold.</p>}
    </section>
  );
}
