// The curves of the runs in the list: sections of charts that follow its search, order, groups and eyes, and live runs as they go.

import { Switch, TextInput } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useDeferredValue, useMemo, useState } from 'react';
import { getJson, segment } from '../../../api/client';
import { useCompare } from '../../../api/hooks';
import type { RunRow } from '../../../api/types';
import { AxisChoice, SmoothingSlider } from '../../../charts/chart-controls';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { FoldSection } from '../../../components/fold-section';
import { plural } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import { comparedMetrics } from '../../compare/quantities';
import { useFollowRuns } from '../../compare/use-follow-runs';
import { SeriesBatcher } from '../../run/charts/series-batcher';
import type { CurvesView } from '../view/view-state';
import type { DrawnRuns } from './drawn-runs';
import { type ChartSection, sectionsOf } from './sections';
import classes from './workspace.module.css';
import { WorkspaceChart } from './workspace-chart';

/** px that a chart has at least, and columns at most. */
const NARROWEST = 340;
const MOST_COLUMNS = 3;
/** Charts of a section that are shown before more are asked for. */
const FIRST_CHARTS = 20;

export interface WorkspacePanelProps {
  readonly drawn: DrawnRuns;
  /** Rows of the runs drawn. */
  readonly rows: readonly RunRow[];
  readonly curves: CurvesView;
  readonly onCurves: (change: Partial<CurvesView>) => void;
  readonly highlighted: string | null;
}

export function WorkspacePanel({ drawn, rows, curves, onCurves, highlighted }: WorkspacePanelProps): ReactElement {
  const [batcher] = useState(() => new SeriesBatcher());
  const { ref, width } = useElementSize();
  const filter = useDeferredValue(curves.metrics);
  const { metrics, error, refetch } = useMetricKeys(drawn.runs.map(({ runId }) => runId));
  const sections = useMemo(() => sectionsOf(metrics ?? [], filter), [metrics, filter]);
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(width / NARROWEST)));
  useFollowRuns(rows);
  return (
    <section className={classes.panel} aria-label="Charts">
      <CurvesBar curves={curves} onCurves={onCurves} drawn={drawn} />
      <div ref={ref} className={classes.sections}>
        {error !== null && metrics === undefined && <ErrorState error={error} onRetry={refetch} />}
        {metrics === undefined && error === null && drawn.runs.length > 0 && <LoadingState label="Reading the metrics…" />}
        {drawn.runs.length === 0 && (
          <EmptyState title="No run is shown">Every run of the list is hidden: press H on a row to show it.</EmptyState>
        )}
        {metrics !== undefined && sections.length === 0 && drawn.runs.length > 0 && (
          <EmptyState title={filter === '' ? 'These runs have no metrics' : 'No metric is called that'}>
            {filter === '' ? 'What they log appears here by itself.' : 'Clear the filter to see all of them.'}
          </EmptyState>
        )}
        {width > 0 &&
          sections.map((section) => (
            <Section key={section.name} {...{ section, columns, drawn, curves, batcher, highlighted }} isForced={filter !== ''} />
          ))}
      </div>
    </section>
  );
}

interface MetricKeys {
  /** Undefined: not known yet. */
  readonly metrics: readonly { readonly key: string }[] | undefined;
  readonly error: Error | null;
  readonly refetch: () => void;
}

/** Of all runs together; of a single one, its own. */
function useMetricKeys(ids: readonly string[]): MetricKeys {
  const several = useCompare(ids);
  const [only = ''] = ids;
  const single = useQuery({
    // Read anew with what is compared.
    queryKey: ['compare', 'metrics of', only],
    queryFn: ({ signal }) => getJson<readonly { readonly key: string }[]>(`/runs/${segment(only)}/metrics`, signal),
    enabled: ids.length === 1,
  });
  const found = ids.length >= 2 ? several.data : undefined;
  const shared = useMemo(() => (found === undefined ? undefined : comparedMetrics(found)), [found]);
  const { error, refetch } = ids.length >= 2 ? several : single;
  return { metrics: ids.length >= 2 ? shared : ids.length === 1 ? single.data : NO_METRICS, error, refetch: () => void refetch() };
}

const NO_METRICS: readonly { readonly key: string }[] = [];

type CurvesBarProps = Pick<WorkspacePanelProps, 'curves' | 'onCurves' | 'drawn'>;

function CurvesBar({ curves: { x, smoothing, logY, outliers, metrics }, onCurves, drawn }: CurvesBarProps): ReactElement {
  const { runs, groups, others } = drawn;
  return (
    <div className={classes.bar} role="toolbar" aria-label="Curves">
      <TextInput
        type="search"
        size="xs"
        placeholder="Filter metrics"
        aria-label="Filter metrics"
        value={metrics}
        onChange={(event) => onCurves({ metrics: event.currentTarget.value })}
      />
      <AxisChoice x={x} change={onCurves} />
      <SmoothingSlider smoothing={smoothing} change={onCurves} />
      <Switch size="xs" label="Log y" checked={logY} onChange={(event) => onCurves({ logY: event.currentTarget.checked })} />
      <Switch
        size="xs"
        label="Ignore outliers"
        checked={outliers === 'ignore'}
        onChange={(event) => onCurves({ outliers: event.currentTarget.checked ? 'ignore' : 'show' })}
      />
      <span className={classes.count}>
        {groups === null ? plural(runs.length, 'run') : `${plural(groups.length, 'group')} of ${plural(runs.length, 'run')}`}
        {others > 0 && `, ${others.toLocaleString('en')} not drawn`}
      </span>
    </div>
  );
}

interface SectionProps extends Pick<WorkspacePanelProps, 'drawn' | 'curves' | 'highlighted'> {
  readonly section: ChartSection;
  readonly columns: number;
  readonly batcher: SeriesBatcher;
  readonly isForced: boolean;
}

function Section({ section: { name, isSystem, metrics }, columns, isForced, ...chart }: SectionProps): ReactElement {
  const [count, setCount] = useState(FIRST_CHARTS);
  const items = (): ReactElement[] =>
    metrics.slice(0, count).map(({ key, title }) => <WorkspaceChart key={key} metricKey={key} title={title} {...chart} />);
  const foot = metrics.length > count && (
    <button type="button" className={classes.more} onClick={() => setCount(count + FIRST_CHARTS)}>
      Show more: {metrics.length - count} of {metrics.length}
    </button>
  );
  return <FoldSection name={name} count={metrics.length} isFolded={isSystem} {...{ isForced, columns, items, foot }} />;
}
