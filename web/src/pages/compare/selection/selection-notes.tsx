// What is to be known of the selection: a search behind it, runs that are gone or too many, brushes that leave runs out.

import { Button } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import { plural } from '../../../components/format';
import classes from '../compare.module.css';
import { type CompareState, MOST_RUNS } from '../compare-state';
import type { Compared } from '../compared';
import type { UpdateState } from '../use-compare-state';
import type { Selection } from '../use-selection';

interface SelectionNotesProps {
  readonly state: CompareState;
  readonly update: UpdateState;
  readonly selection: Selection;
  readonly compared: Compared | undefined;
}

export function SelectionNotes({ state, update, selection, compared }: SelectionNotesProps): ReactElement | null {
  const { gone, isCut, error } = selection;
  const leftOut = compared?.runs.filter(({ passes }) => !passes).length ?? 0;
  const hidden = compared?.runs.filter(({ isHidden }) => isHidden).length ?? 0;
  if (state.q === '' && gone.length === 0 && !isCut && error === null && state.brushes.length === 0 && hidden === 0) return null;
  return (
    <div className={classes.notes} role="status">
      {state.q !== '' && (
        <Note action="Drop the search" onAction={() => update({ q: '', removed: [] })}>
          By search: <code>{state.q}</code>
        </Note>
      )}
      {gone.length > 0 && (
        <Note action="Forget" onAction={() => update({ runs: state.runs.filter((runId) => !gone.includes(runId)) })}>
          {plural(gone.length, 'run')} named here cannot be found: deleted, in the trash, or not for you to see.
        </Note>
      )}
      {isCut && (
        <Note>
          More than {MOST_RUNS} runs: the first {MOST_RUNS} are compared.
        </Note>
      )}
      {error !== null && <Note>{error.message}</Note>}
      {state.brushes.length > 0 && (
        <Note action="Clear brushes" onAction={() => update({ brushes: [] })}>
          Brushes leave out {plural(leftOut, 'run')}, in every view.
        </Note>
      )}
      {hidden > 0 && (
        <Note action="Show all" onAction={() => update({ hidden: [] })}>
          {plural(hidden, 'run')} hidden.
        </Note>
      )}
    </div>
  );
}

interface NoteProps {
  readonly children: ReactNode;
  readonly action?: string;
  readonly onAction?: () => void;
}

function Note({ children, action, onAction }: NoteProps): ReactElement {
  return (
    <span className={classes.note}>
      <span>{children}</span>
      {action !== undefined && (
        <Button size="compact-xs" variant="subtle" onClick={onAction}>
          {action}
        </Button>
      )}
    </span>
  );
}
