// One experiment: which of its runs are best, what the result hangs on, and all of them.

import { SegmentedControl, Select } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { Link } from 'wouter';
import { useExperiments, useKeys } from '../../api/hooks';
import { formatCount, plainName, plural } from '../../components/format';
import { metricsByWeight } from '../runs/columns/columns';
import { RunsPage } from '../runs/runs-page';
import classes from './experiments.module.css';
import { Leaderboard } from './leaderboard';
import { chosenMetric, type MetricChoice, setChosenMetric } from './metric-choice';
import { Sensitivity } from './sensitivity';
import { useFollowExperiments } from './use-follow-experiments';

export function ExperimentPage({ experimentId }: { readonly experimentId: string }): ReactElement {
  const { data: experiments } = useExperiments();
  const { data: keys } = useKeys();
  const chosen = chosenMetric.use()[experimentId];
  const metrics = metricsByWeight(keys);
  const metric = chosen?.metric ?? metrics[0] ?? null;
  const [open, setOpen] = useState(true);
  useFollowExperiments(['leaderboard']);
  const row = experiments?.find((one) => one.experimentId === experimentId);
  return (
    <div className={classes.split}>
      <header className={classes.top}>
        <h1 className={classes.title}>
          <Link href="/experiments" className={classes.crumb}>
            Experiments
          </Link>
          <span className={classes.dim}> / </span>
          {plainName(experimentId)}
          {row !== undefined && <span className={classes.dim}>{` ${plural(row.runs, 'run')}, ${formatCount(row.live)} live`}</span>}
        </h1>
        {metric !== null && (
          <MetricPicker
            metrics={metrics}
            choice={{ metric, mode: chosen?.mode }}
            onChoose={(choice) => setChosenMetric(experimentId, choice)}
          />
        )}
        <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide' : 'Show'} the results
        </button>
      </header>
      {open && metric !== null && (
        <div className={classes.panels}>
          <Leaderboard question={{ experimentId, metric, mode: chosen?.mode }} />
          <Sensitivity question={{ experimentId, metric, mode: chosen?.mode }} />
        </div>
      )}
      <div className={classes.runs}>
        <RunsPage experimentId={experimentId} />
      </div>
    </div>
  );
}

interface MetricPickerProps {
  readonly metrics: readonly string[];
  readonly choice: MetricChoice;
  readonly onChoose: (choice: MetricChoice) => void;
}

/** Characters of a metric's name that its field has room for. */
const MOST_SHOWN = 500;

function MetricPicker({ metrics, choice, onChoose }: MetricPickerProps): ReactElement {
  const { metric, mode } = choice;
  return (
    <div className={classes.picker}>
      <Select
        aria-label="Metric"
        searchable
        allowDeselect={false}
        limit={MOST_SHOWN}
        data={metrics.includes(metric) ? [...metrics] : [metric, ...metrics]}
        value={metric}
        onChange={(next) => next !== null && onChoose({ ...choice, metric: next })}
      />
      <SegmentedControl
        aria-label="Which end is better"
        data={[
          { value: 'auto', label: 'by its name' },
          { value: 'min', label: 'lower is better' },
          { value: 'max', label: 'higher is better' },
        ]}
        value={mode ?? 'auto'}
        onChange={(next) => onChoose({ metric, mode: next === 'min' || next === 'max' ? next : undefined })}
      />
    </div>
  );
}
