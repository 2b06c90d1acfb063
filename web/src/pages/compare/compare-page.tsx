// The page of comparison: up to 100 runs side by side, in whichever view helps.

import { Button, useComputedColorScheme } from '@mantine/core';
import { type ReactElement, useCallback, useMemo, useState } from 'react';
import { useCompare } from '../../api/hooks';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { plural } from '../../components/format';
import { Icon } from '../../components/icon';
import { LoadingState } from '../../components/loading-state';
import { useTitle } from '../../components/use-title';
import { useRunLooks } from '../../theme/run-looks';
import classes from './compare.module.css';
import { type CompareState, MOST_RUNS } from './compare-state';
import { CompareView } from './compare-view';
import { comparedOf } from './compared';
import { RunList } from './selection/run-list';
import { type PickerProps, RunPicker } from './selection/run-picker';
import { SelectionNotes } from './selection/selection-notes';
import { type UpdateState, useCompareState } from './use-compare-state';
import { useFollowRuns } from './use-follow-runs';
import { type Selection, useSelection } from './use-selection';

export function ComparePage(): ReactElement {
  useTitle('Compare');
  const [state, update] = useCompareState();
  const selection = useSelection(state);
  useFollowRuns(selection.runs);
  const isEmpty = state.runs.length === 0 && state.q === '';
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <h1 className={classes.title}>Compare</h1>
        {selection.runs.length > 0 && <span className={classes.dim}>{plural(selection.runs.length, 'run')}</span>}
        <span className={classes.space} />
        {!isEmpty && <PickButton state={state} update={update} selected={selection.runs} />}
      </header>
      {isEmpty ? <Invitation state={state} update={update} /> : <Content state={state} update={update} selection={selection} />}
    </div>
  );
}

interface PartProps {
  readonly state: CompareState;
  readonly update: UpdateState;
}

function Invitation({ state, update }: PartProps): ReactElement {
  return (
    <EmptyState title="Pick runs to compare">
      <p>
        Two to {MOST_RUNS} runs side by side: their curves, what differs in their params, and what the results hang on. Pick them here, or
        select rows on the runs page and press <kbd>c</kbd>. The address then holds the whole comparison.
      </p>
      <PickButton state={state} update={update} selected={[]} />
    </EmptyState>
  );
}

function Content({ state, update, selection }: PartProps & { readonly selection: Selection }): ReactElement {
  const { looks } = useRunLooks();
  const scheme = useComputedColorScheme('light');
  const runIds = useMemo(() => selection.runs.map(({ runId }) => runId), [selection.runs]);
  const { data: comparison, error, refetch } = useCompare(runIds);
  const compared = useMemo(
    () => (comparison === undefined || runIds.length < 2 ? undefined : comparedOf(comparison, state, looks, scheme)),
    [comparison, runIds.length, state, looks, scheme],
  );
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const onHighlight = useCallback((runId: string | null) => setHighlighted(runId), []);
  const failure = selection.error ?? error;
  if (failure !== null && compared === undefined)
    return <ErrorState error={failure} onRetry={() => Promise.all([selection.refetch(), refetch()])} />;
  const view = { state, update, highlighted, onHighlight };
  return (
    <>
      <SelectionNotes state={state} update={update} selection={selection} compared={compared} />
      {compared !== undefined && (
        <div className={classes.columns}>
          <RunList {...view} compared={compared} />
          <CompareView {...view} compared={compared} />
        </div>
      )}
      {compared === undefined && <Waiting selection={selection} />}
    </>
  );
}

function Waiting({ selection }: { readonly selection: Selection }): ReactElement {
  if (selection.isLoading || selection.runs.length > 1) return <LoadingState label="Reading the runs…" />;
  const only = selection.runs[0];
  return (
    <EmptyState title={only === undefined ? 'No run of these is there' : 'One run alone cannot be compared'}>
      <p>Add runs above: a comparison takes two or more.</p>
    </EmptyState>
  );
}

function PickButton(props: PickerProps): ReactElement {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        variant={props.selected.length === 0 ? 'filled' : 'default'}
        leftSection={<Icon name="plus" size={14} />}
        onClick={() => setOpened(true)}
      >
        {props.selected.length === 0 ? 'Pick runs' : 'Add runs'}
      </Button>
      <RunPicker {...props} opened={opened} onClose={() => setOpened(false)} />
    </>
  );
}
