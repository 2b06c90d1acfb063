// The runs side by side as a table: what differs first, the best of each metric marked, and the way to the difference of the code.

import { Checkbox, SegmentedControl, Select, TextInput } from '@mantine/core';
import { type ReactElement, useMemo } from 'react';
import { useParams } from '../../../api/hooks';
import type { RunRow } from '../../../api/types';
import classes from '../compare.module.css';
import { PictureMenu } from '../draw/picture-menu';
import type { ViewProps } from '../view-props';
import type { Column } from './cell-value';
import { CompareTable } from './compare-table';
import { FlippedTable } from './flipped-table';
import { GitPanel } from './git-panel';
import { filterRows, type SameValues, type TableRow, tableRows } from './table-rows';

export function TableView(props: ViewProps): ReactElement {
  return props.state.same ? <WithSame {...props} /> : <Contents {...props} same={null} />;
}

function WithSame(props: ViewProps): ReactElement {
  const [first] = props.compared.comparison.runs;
  const same = useSameValues(first as NonNullable<typeof first>);
  return <Contents {...props} same={same ?? { params: {}, tags: {} }} />;
}

function Contents({ state, update, compared, highlighted, same }: ViewProps & { readonly same: SameValues | null }): ReactElement {
  const { comparison, runs } = compared;
  const rows = useMemo(() => filterRows(tableRows(comparison, same), state.filter), [comparison, same, state.filter]);
  const columns = runs.flatMap((run, at): Column[] => (run.isHidden || !run.passes ? [] : [{ run, at }]));
  const base = columns.find(({ run }) => run.runId === state.base);
  const ordered = base === undefined ? columns : [base, ...columns.filter((column) => column !== base)];
  const table = {
    rows,
    columns: ordered,
    base,
    highlighted,
    onBase: (runId: string) => update({ base: runId === state.base ? '' : runId }),
  };
  return (
    <>
      <div className={classes.bar}>
        <TextInput
          className={classes.grow}
          aria-label="Filter rows"
          placeholder="Filter by key or value"
          value={state.filter}
          onChange={(event) => update({ filter: event.currentTarget.value })}
        />
        <Select
          aria-label="Baseline"
          placeholder="No baseline"
          clearable
          clearButtonProps={{ 'aria-label': 'No baseline' }}
          searchable
          data={runs.map(({ runId, name }) => ({ value: runId, label: `vs ${name}` }))}
          value={base?.run.runId ?? null}
          onChange={(runId) => update({ base: runId ?? '' })}
        />
        <div className={classes.checksInline}>
          <Checkbox label="Only differences" checked={!state.same} onChange={() => update({ same: !state.same })} />
        </div>
        <SegmentedControl
          aria-label="Runs as"
          data={[
            { value: 'columns', label: 'Runs as columns' },
            { value: 'rows', label: 'as rows' },
          ]}
          value={state.flip ? 'rows' : 'columns'}
          onChange={(value) => update({ flip: value === 'rows' })}
        />
        <PictureMenu name="comparison" picture={undefined} values={() => valuesOf(rows, ordered)} />
      </div>
      {rows.length === 0 && (
        <p className={classes.dim}>{state.filter === '' ? 'These runs do not differ in anything.' : 'No row holds that.'}</p>
      )}
      {rows.length > 0 && (state.flip ? <FlippedTable {...table} /> : <CompareTable {...table} />)}
      {same === null && comparison.sameParams > 0 && (
        <p className={classes.dim}>{comparison.sameParams} params are the same in all runs.</p>
      )}
      <GitPanel comparison={comparison} runs={runs} base={state.base} />
    </>
  );
}

function valuesOf(rows: readonly TableRow[], columns: readonly Column[]) {
  return {
    head: ['', ...columns.map(({ run }) => run.name)],
    rows: rows.map(({ section, key, cells }) => [
      `${section}.${key}`,
      ...columns.map(({ at }) => cells[at]?.value ?? cells[at]?.text ?? ''),
    ]),
  };
}

/** Null until they are there. */
function useSameValues(run: RunRow): SameValues | null {
  const { data } = useParams(run.runId);
  return data === undefined ? null : { params: data, tags: run.tags };
}
