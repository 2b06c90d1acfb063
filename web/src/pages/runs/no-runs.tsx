// An empty table: how the first run comes about, or why nothing is found.

import { Button } from '@mantine/core';
import type { ReactElement } from 'react';
import { EmptyState } from '../../components/empty-state';
import { Snippet } from '../../components/snippet';
import { SNIPPETS } from '../../components/snippets';
import classes from './runs.module.css';
import type { RunsView } from './view/view-state';

const SHELL = 'npx xtrack run python train.py';

interface NoRunsProps {
  readonly view: RunsView;
  readonly onAll: () => void;
  readonly onArchived: () => void;
}

export function NoRuns({ view, onAll, onArchived }: NoRunsProps): ReactElement {
  if (view.trash)
    return <EmptyState title="The trash is empty">Deleted runs lie here until they are purged, and can be restored.</EmptyState>;
  if (view.q.trim() !== '') {
    return (
      <EmptyState title="No run is like that">
        <p>Loosen the search{view.archived ? '' : ', or look among archived runs too'}.</p>
        <div className={classes.choices}>
          <Button variant="default" onClick={onAll}>
            Show all runs
          </Button>
          {!view.archived && (
            <Button variant="default" onClick={onArchived}>
              Search archived runs too
            </Button>
          )}
        </div>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No runs yet">
      <div className={classes.first}>
        <p>Three lines in a training make it a run:</p>
        <Snippet text={SNIPPETS.firstRun} label="Three lines of Python" />
        <p>Start it under this control plane, so that its output is caught and its process is watched:</p>
        <Snippet text={SHELL} label="Start a training" />
        <p>It appears here by itself, as soon as its first event arrives.</p>
      </div>
    </EmptyState>
  );
}
