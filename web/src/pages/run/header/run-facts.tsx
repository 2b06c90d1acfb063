// The few facts that everybody asks of a run first: when, where, from which commit.

import { Anchor } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import type { RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { formatTime } from '../../../components/format';
import classes from '../run.module.css';
import { commitLink } from './repo-link';

export function RunFacts({ run }: { readonly run: RunDetail }): ReactElement {
  const hosts = [...new Set(run.workers.flatMap(({ hostname }) => hostname ?? []))];
  const host = hosts.length > 0 ? hosts : run.environment?.hostname === undefined ? [] : [run.environment.hostname];
  return (
    <dl className={classes.facts}>
      {run.startedAt !== null && <Fact name="started">{formatTime(run.startedAt)}</Fact>}
      {run.startedAt === null && <Fact name="created">{formatTime(run.createdAt)}</Fact>}
      {run.endedAt !== null && <Fact name="ended">{formatTime(run.endedAt)}</Fact>}
      {host.length > 0 && (
        <Fact name={host.length === 1 ? 'host' : 'hosts'}>
          {host.length > 3 ? `${host.slice(0, 3).join(', ')} + ${host.length - 3}` : host.join(', ')}
        </Fact>
      )}
      {run.workers.length > 1 && <Fact name="workers">{run.workers.length}</Fact>}
      {run.source?.gitCommit !== undefined && (
        <Fact name="commit">
          <Commit source={run.source} />
        </Fact>
      )}
      <Fact name="id">
        <span className={classes.mono}>{run.runId}</span> <CopyButton value={run.runId} label="Copy the run's id" />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The commit, linked where its host is known; with its branch, and whether there were changes that no commit holds. */
export function Commit({ source }: { readonly source: NonNullable<RunDetail['source']> }): ReactElement {
  const { gitCommit = '', gitBranch, gitRepo, gitDirty } = source;
  const link = gitRepo === undefined ? null : commitLink(gitRepo, gitCommit);
  const short = <span className={classes.mono}>{gitCommit.slice(0, 10)}</span>;
  return (
    <>
      {link === null ? (
        short
      ) : (
        <Anchor href={link} target="_blank" rel="noreferrer noopener" inherit>
          {short}
        </Anchor>
      )}
      {gitBranch !== undefined && <span className={classes.dim}> on {gitBranch}</span>}
      {gitDirty === true && <span title="The working tree had changes that this commit does not hold"> with changes</span>}{' '}
      <CopyButton value={gitCommit} label="Copy the commit's id" />
    </>
  );
}
