// The list with the curves of its runs beside it. What the pointer is on in the list comes forward in every chart.

import { useComputedColorScheme } from '@mantine/core';
import { type PointerEvent, type ReactElement, type ReactNode, useMemo, useState } from 'react';
import { useRunLooks } from '../../../theme/run-looks';
import type { TableData } from '../table/use-table-data';
import type { ViewControl } from '../view/use-view';
import { drawnRuns } from './drawn-runs';
import classes from './workspace.module.css';
import { WorkspacePanel } from './workspace-panel';

interface WorkspaceProps {
  readonly control: ViewControl;
  readonly data: TableData;
  /** The list. */
  readonly children: ReactNode;
}

export function Workspace({ control, data, children }: WorkspaceProps): ReactElement {
  const { view, adjust } = control;
  const { looks } = useRunLooks();
  const scheme = useComputedColorScheme('light');
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const drawn = useMemo(() => drawnRuns(data.rows, looks, scheme), [data.rows, looks, scheme]);
  const rows = useMemo(() => {
    const ids = new Set(drawn.runs.map(({ runId }) => runId));
    return data.runs.map(({ run }) => run).filter(({ runId }) => ids.has(runId));
  }, [data.runs, drawn]);
  const point = (event: PointerEvent): void => {
    const row = (event.target as Element).closest<HTMLElement>('[data-run]');
    setHighlighted(row?.dataset.run ?? null);
  };
  return (
    <div className={classes.split}>
      <div className={classes.list} onPointerOver={point} onPointerLeave={() => setHighlighted(null)}>
        {children}
      </div>
      <WorkspacePanel
        drawn={drawn}
        rows={rows}
        curves={view.curves}
        onCurves={(change) => adjust({ curves: { ...view.curves, ...change } })}
        highlighted={highlighted}
      />
    </div>
  );
}
