// The page of all runs, or of those of one experiment.

import { useComputedColorScheme } from '@mantine/core';
import { lazy, type ReactElement, Suspense } from 'react';
import { ApiError } from '../../api/client';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { LoadingState } from '../../components/loading-state';
import { useRunLooks } from '../../theme/run-looks';
import type { ColumnActions } from './columns/use-column-actions';
import { NoRuns } from './no-runs';
import classes from './runs.module.css';
import { RunsToolbar } from './runs-toolbar';
import { RunsTable } from './table/runs-table';
import type { TableLineContext } from './table/table-line';
import { useRunsPage } from './use-runs-page';
import type { ViewControl } from './view/use-view';

const BulkBar = lazy(async () => ({ default: (await import('./bulk-bar')).BulkBar }));
const Workspace = lazy(async () => ({ default: (await import('./workspace/workspace')).Workspace }));
const LookPanel = lazy(async () => ({ default: (await import('./view/look-panel')).LookPanel }));

interface RunsPageProps {
  /** Only its runs, as a part of its page. */
  readonly experimentId?: string;
}

export function RunsPage({ experimentId }: RunsPageProps): ReactElement {
  const page = useRunsPage(experimentId);
  const { control, data, columns, layout, columnActions, table, shownIds, bulk, rights, fold, compare, charts, toggleCharts } = page;
  const { view, adjust } = control;
  const { selection, lineActions, selectMany, clear } = table;
  const { looks } = useRunLooks();
  const scheme = useComputedColorScheme('light');
  const selected = [...selection.ids];
  const allPinned = selected.every((runId) => view.pinned.includes(runId));
  const pinned = allPinned ? view.pinned.filter((one) => !selection.ids.has(one)) : [...new Set([...view.pinned, ...selected])];
  return (
    <div className={classes.page}>
      <RunsToolbar
        {...{ control, data, columns, charts }}
        actions={columnActions}
        heading={experimentId === undefined}
        onCharts={toggleCharts}
      />
      <RunsContent
        {...{ control, charts, data, layout, columnActions, shownIds, selection, looks, scheme, lineActions }}
        current={table.current}
        onFold={fold}
        onSelectMany={selectMany}
        onSelectAll={() => selectMany(shownIds)}
      />
      <Suspense fallback={null}>
        {selected.length > 0 && (
          <BulkBar
            runIds={selected}
            trash={view.trash}
            archived={data.runs.filter(({ run }) => selection.ids.has(run.runId)).every(({ run }) => run.archived)}
            {...{ bulk, rights }}
            onCompare={compare}
            onPin={() => adjust({ pinned })}
            onClear={clear}
          />
        )}
        {table.lookTarget !== null && <LookPanel target={table.lookTarget} onClose={table.closeLook} />}
      </Suspense>
    </div>
  );
}

interface RunsContentProps extends Omit<TableLineContext, 'view'> {
  readonly control: ViewControl;
  /** The curves of the runs beside them. */
  readonly charts: boolean;
  readonly columnActions: ColumnActions;
  readonly shownIds: readonly string[];
  readonly onSelectAll: () => void;
}

function RunsContent({ control, charts, ...table }: RunsContentProps): ReactElement {
  const { view, go, open } = control;
  const { data } = table;
  if (data.error instanceof ApiError && data.error.code === 'XT_SEARCH') {
    return <EmptyState title="This search cannot be read">What is wrong with it stands below the search bar.</EmptyState>;
  }
  if (data.error !== null && data.runs.length === 0) {
    return <ErrorState title="The runs could not be read" error={data.error} onRetry={data.refetch} />;
  }
  if (data.loading) return <LoadingState />;
  if (data.rows.length === 0 && !data.old) return <NoRuns view={view} onAll={() => open('')} onArchived={() => go({ archived: true })} />;
  const list = <RunsTable view={view} {...table} />;
  if (!charts) return list;
  return (
    <Suspense fallback={<LoadingState />}>
      <Workspace control={control} data={data}>
        {list}
      </Workspace>
    </Suspense>
  );
}
