// The head of the run page: what it is, how it stands, what can be done with it.

import { Anchor } from '@mantine/core';
import type { ReactElement } from 'react';
import { Link } from 'wouter';
import { experimentAddress } from '../../../api/addresses';
import { plainName } from '../../../components/format';
import { StatusBadge } from '../../../components/status-badge';
import classes from '../run.module.css';
import { tabAddress } from '../tab-address';
import { RunActions, type RunActionsProps } from './run-actions';
import { RunBanners } from './run-banners';
import { RunFacts } from './run-facts';
import { RunName } from './run-name';
import { RunNotes } from './run-notes';
import { RunProgress } from './run-progress';
import { RunTags } from './run-tags';

export function RunHeader(props: RunActionsProps): ReactElement {
  const { run, canWrite } = props;
  return (
    <section className={classes.header} aria-label="This run">
      <nav className={classes.crumbs} aria-label="Where this run belongs">
        <Anchor component={Link} href="/runs" inherit>
          Runs
        </Anchor>
        <span aria-hidden>/</span>
        {run.experimentId === null ? (
          <span>no experiment</span>
        ) : (
          <Anchor component={Link} href={experimentAddress(run.experimentId)} inherit>
            {plainName(run.experimentId)}
          </Anchor>
        )}
        {run.parentRunId !== null && (
          <span>
            · child of{' '}
            <Anchor component={Link} href={tabAddress(run.parentRunId)} inherit>
              {run.parentRunId}
            </Anchor>
          </span>
        )}
        {run.archived && <span>· archived</span>}
        {run.public && <span>· public</span>}
      </nav>
      <div className={classes.title}>
        <RunName key={run.runId} run={run} canWrite={canWrite} />
        <StatusBadge status={run.status} />
        {run.live && run.message !== null && <span className={classes.message}>{run.message}</span>}
        <RunActions {...props} />
      </div>
      <RunProgress run={run} />
      <RunFacts run={run} />
      <div className={classes.words}>
        <RunTags run={run} canWrite={canWrite} />
        <RunNotes key={`${run.runId} notes`} run={run} canWrite={canWrite} />
      </div>
      <RunBanners run={run} canWrite={canWrite} />
    </section>
  );
}
