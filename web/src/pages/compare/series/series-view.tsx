// Curves of the runs laid over each other, a chart for each metric chosen.

import { type ReactElement, useDeferredValue, useMemo } from 'react';
import { EmptyState } from '../../../components/empty-state';
import classes from '../compare.module.css';
import { shownRuns } from '../compared';
import { type ComparedMetric, isSystem } from '../quantities';
import type { ViewProps } from '../view-props';
import { MetricChart } from './metric-chart';
import { groupings } from './run-groups';
import { SeriesBar } from './series-bar';
import { useRunMarks } from './use-run-marks';

/** Charts where none were chosen. */
const BY_ITSELF = 4;
const HEIGHT = 260;

export function SeriesView({ state, update, compared, highlighted }: ViewProps): ReactElement {
  const shown = useMemo(() => shownRuns(compared), [compared]);
  // A hundred curves take longer to draw than a pointer to pass.
  const inHand = useDeferredValue(highlighted);
  const drawn = drawnMetrics(compared.metrics, state.metrics);
  const groups = useMemo(() => groupings(compared), [compared]);
  const marks = useRunMarks(shown, state.x, state.marks);
  if (compared.metrics.length === 0) return <EmptyState title="None of these runs has logged a metric yet" />;
  return (
    <>
      <SeriesBar state={state} update={update} metrics={compared.metrics} drawn={drawn} groupings={groups} />
      <div className={classes.charts}>
        {drawn.map((metric) => (
          <MetricChart
            key={metric.name}
            metric={metric}
            all={compared.runs}
            shown={shown}
            by={groups.find(({ id }) => id === state.group)}
            marks={marks}
            state={state}
            height={HEIGHT}
            highlighted={inHand}
          />
        ))}
      </div>
    </>
  );
}

/** Those chosen, or those that most runs share. */
function drawnMetrics(metrics: readonly ComparedMetric[], chosen: readonly string[]): ComparedMetric[] {
  const found = chosen.flatMap((name) => metrics.find((metric) => metric.name === name) ?? []);
  return found.length > 0 ? found : metrics.filter(({ key }) => !isSystem(key)).slice(0, BY_ITSELF);
}
