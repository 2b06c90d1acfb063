// The page of all runs, or of those of one experiment.

import { useComputedColorScheme } from '@mantine/core';
import { lazy, type ReactElement, Suspense } from 'react';
import { useRunLooks } from '../../theme/run-looks';
import classes from './runs.module.css';
import { RunsContent } from './runs-content';
import { RunsToolbar } from './runs-toolbar';
import { useRunsPage } from './use-runs-page';

const BulkBar = lazy(async () => ({ default: (await import('./bulk-bar')).BulkBar }));
const LookPanel = lazy(async () => ({ default: (await import('./view/look-panel')).LookPanel }));

interface RunsPageProps {
  /** Only its runs, as a part of its page. */
  readonly experimentId?: string;
}

export function RunsPage({ experimentId }: RunsPageProps): ReactElement {
  const page = useRunsPage(experimentId);
  const { control, data, columns, layout, columnActions, table, shownIds, bulk, rights, fold, compare } = page;
  const { view, adjust } = control;
  const { selection, lineActions, selectMany, clear } = table;
  const { looks } = useRunLooks();
  const scheme = useComputedColorScheme('light');
  const selected = [...selection.ids];
  const allPinned = selected.every((runId) => view.pinned.includes(runId));
  const pinned = allPinned ? view.pinned.filter((one) => !selection.ids.has(one)) : [...new Set([...view.pinned, ...selected])];
  return (
    <div className={classes.page}>
      <RunsToolbar control={control} data={data} columns={columns} actions={columnActions} heading={experimentId === undefined} />
      <RunsContent
        {...{ control, data, layout, columnActions, shownIds, selection, looks, scheme, lineActions }}
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
