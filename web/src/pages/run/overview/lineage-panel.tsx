// The family of a run: what it came out of, what came out of it.

import { Anchor } from '@mantine/core';
import type { ReactElement } from 'react';
import { Link } from 'wouter';
import { useLineage } from '../../../api/hooks';
import type { Lineage, RunDetail } from '../../../api/types';
import { StatusBadge } from '../../../components/status-badge';
import { tabAddress } from '../tab-address';
import classes from './overview.module.css';
import { Panel } from './panel';

export function LineagePanel({ run }: { readonly run: RunDetail }): ReactElement | null {
  const { data: lineage } = useLineage(run.runId);
  if (lineage === undefined || (run.parentRunId === null && lineage.children.length === 0)) return null;
  return (
    <Panel title="Lineage">
      <ul className={classes.tree}>
        <Branch of={lineage} here={run.runId} />
      </ul>
      {run.parentRunId !== null && lineage.run.runId === run.runId && <p>Its parent {run.parentRunId} is not in this store.</p>}
    </Panel>
  );
}

function Branch({ of: { run, children }, here }: { readonly of: Lineage; readonly here: string }): ReactElement {
  const name = run.name ?? run.runId;
  return (
    <li>
      {run.runId === here ? (
        <span className={classes.here} aria-current="true">
          {name} (this run)
        </span>
      ) : (
        <Anchor component={Link} href={tabAddress(run.runId)} inherit>
          {name}
        </Anchor>
      )}{' '}
      <StatusBadge status={run.status} />
      {children.length > 0 && (
        <ul className={classes.tree}>
          {children.map((child) => (
            <Branch key={child.run.runId} of={child} here={here} />
          ))}
        </ul>
      )}
    </li>
  );
}
