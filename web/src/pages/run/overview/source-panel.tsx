// Where the run's code came from.

import { Anchor } from '@mantine/core';
import type { ReactElement } from 'react';
import type { RunDetail } from '../../../api/types';
import { repoLink } from '../header/repo-link';
import { Commit } from '../header/run-facts';
import { FactsTable } from './facts-table';
import { Panel } from './panel';

export function SourcePanel({ run: { source } }: { readonly run: RunDetail }): ReactElement | null {
  if (source === null) return null;
  const { gitRepo, gitCommit, gitBranch, gitDirty, entrypoint, codeHash } = source;
  return (
    <Panel title="Source">
      <FactsTable
        rows={[
          ['Repository', gitRepo === undefined ? undefined : <Repository key="repository" repo={gitRepo} />],
          ['Commit', gitCommit === undefined ? undefined : <Commit key="commit" source={source} />],
          ['Branch', gitBranch],
          ['Working tree', gitDirty === undefined ? undefined : gitDirty ? 'had changes that the commit does not hold' : 'clean'],
          ['Entry point', entrypoint],
          ['Hash of the code', codeHash],
        ]}
      />
    </Panel>
  );
}

function Repository({ repo }: { readonly repo: string }): ReactElement {
  const link = repoLink(repo);
  if (link === null) return <>{withoutPassword(repo)}</>;
  return (
    <Anchor href={link} target="_blank" rel="noreferrer noopener" inherit>
      {link.replace('https://', '')}
    </Anchor>
  );
}

/** Remotes are sometimes written with their password. */
function withoutPassword(repo: string): string {
  return repo.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}
