// What stands below the bar: the table, or what there is to say instead.

import type { ReactElement } from 'react';
import { ApiError } from '../../api/client';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { LoadingState } from '../../components/loading-state';
import type { ColumnActions } from './columns/use-column-actions';
import { NoRuns } from './no-runs';
import { RunsTable } from './table/runs-table';
import type { TableLineContext } from './table/table-line';
import type { ViewControl } from './view/use-view';

interface RunsContentProps extends Omit<TableLineContext, 'view'> {
  readonly control: ViewControl;
  readonly columnActions: ColumnActions;
  readonly shownIds: readonly string[];
  readonly onSelectAll: () => void;
}

export function RunsContent({ control, ...table }: RunsContentProps): ReactElement {
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
  return <RunsTable view={view} {...table} />;
}
