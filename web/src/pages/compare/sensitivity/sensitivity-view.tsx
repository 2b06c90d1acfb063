// What a metric hangs on, over all runs of an experiment: params by importance, each opens into the mean of each of its values.

import { Select } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { useSensitivity } from '../../../api/hooks';
import type { ParamSensitivity } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { plural } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import classes from '../compare.module.css';
import type { Compared } from '../compared';
import { PictureMenu } from '../draw/picture-menu';
import { useInk } from '../draw/use-ink';
import { isSystem } from '../quantities';
import type { ViewProps } from '../view-props';
import { sayCorrelation, sayShare, sensitivityPicture } from './sensitivity-picture';
import { ValueMeans } from './value-means';

const PICTURE_WIDTH = 900;

export function SensitivityView({ state, update, compared }: ViewProps): ReactElement {
  const experiments = experimentsOf(compared);
  const experiment = experiments.includes(state.experiment) ? state.experiment : experiments[0];
  const keys = [...new Set(compared.metrics.map(({ key }) => key))];
  const metric = keys.includes(state.sensitivityMetric) ? state.sensitivityMetric : (keys.find((key) => !isSystem(key)) ?? keys[0]);
  if (experiment === undefined || metric === undefined)
    return (
      <EmptyState title="Nothing to weigh">
        <p>Sensitivity is told over the runs of an experiment that share a metric; these runs belong to none, or have no metric yet.</p>
      </EmptyState>
    );
  return (
    <>
      <div className={classes.bar}>
        <Select
          label="Metric"
          searchable
          allowDeselect={false}
          data={keys}
          value={metric}
          onChange={(key) => update({ sensitivityMetric: key ?? '' })}
        />
        <Select
          label="Experiment"
          allowDeselect={false}
          data={experiments}
          value={experiment}
          onChange={(name) => update({ experiment: name ?? '' })}
        />
      </div>
      <Bars experiment={experiment} metric={metric} better={compared.metrics.find(({ key }) => key === metric)?.better ?? 'min'} />
    </>
  );
}

/** Those of most runs first. */
function experimentsOf({ runs }: Compared): string[] {
  const counts = new Map<string, number>();
  for (const { row } of runs) if (row.experimentId !== null) counts.set(row.experimentId, (counts.get(row.experimentId) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([experiment]) => experiment);
}

interface BarsProps {
  readonly experiment: string;
  readonly metric: string;
  readonly better: 'min' | 'max';
}

function Bars({ experiment, metric, better }: BarsProps): ReactElement {
  const { data: params, error, refetch } = useSensitivity({ experimentId: experiment, metric });
  const ink = useInk();
  if (error !== null) return <ErrorState error={error} onRetry={refetch} />;
  if (params === undefined) return <LoadingState label="Weighing the params…" />;
  if (params.length === 0)
    return (
      <EmptyState title="No param differs">
        All runs of {experiment} that have {metric} have the same params.
      </EmptyState>
    );
  const title = `${metric} in ${experiment}`;
  const hasShares = params.some(({ importance }) => importance !== null);
  return (
    <figure className={classes.figure} aria-label={`What ${title} hangs on`}>
      <div className={classes.figureHead}>
        <p className={classes.inHand}>
          Best ({better === 'min' ? 'lowest' : 'highest'}) {metric} of all runs of {experiment}, not only of those compared here.
        </p>
        <PictureMenu
          name={`sensitivity-${metric}`}
          picture={() => sensitivityPicture({ title, params, width: PICTURE_WIDTH, ink })}
          values={() => ({
            head: ['param', 'importance', 'rank correlation', 'runs', 'values'],
            rows: params.map(({ key, importance, correlation, runs, distinct }) => [key, importance, correlation, runs, distinct]),
          })}
        />
      </div>
      <div className={classes.paramTop} aria-hidden>
        <span>Param</span>
        <span>Importance</span>
        <span />
        <span>Rank correlation</span>
        <span />
      </div>
      <ul className={classes.sensitivity}>
        {params.map((param) => (
          <ParamBars key={param.key} param={param} better={better} />
        ))}
      </ul>
      <figcaption className={classes.dim}>
        {hasShares
          ? 'Importance: how much worse the metric can be told from the params once this one’s values are shuffled, as a share of all of them.'
          : 'Importance takes 8 runs or more.'}{' '}
        Correlation: of ranks (Spearman); right of the middle, more of the param goes with more of the metric.
      </figcaption>
    </figure>
  );
}

function ParamBars({ param, better }: { readonly param: ParamSensitivity; readonly better: 'min' | 'max' }): ReactElement {
  const [opened, setOpened] = useState(false);
  const { key, importance, correlation, runs, distinct, values } = param;
  const size = Math.abs(correlation ?? 0) * 50;
  return (
    <li className={classes.param}>
      <button type="button" className={classes.paramHead} aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <span className={classes.paramName} title={key}>
          {opened ? '▾' : '▸'} {key}
        </span>
        <span className={classes.meter} title="importance">
          <span className={classes.meterBar} style={{ width: `${(importance ?? 0) * 100}%` }} />
        </span>
        <span className={classes.meterText} aria-hidden>
          {importance === null ? '–' : sayShare(importance)}
        </span>
        <span className={classes.meter} data-middle title="rank correlation">
          <span className={classes.meterBar} style={{ width: `${size}%`, left: (correlation ?? 0) < 0 ? `${50 - size}%` : '50%' }} />
        </span>
        <span className={classes.meterText} aria-hidden>
          {sayCorrelation(correlation)}
        </span>
        <span className={classes.hidden}>
          importance {importance === null ? 'unknown' : sayShare(importance)}, rank correlation {sayCorrelation(correlation)},{' '}
          {plural(runs, 'run')}, {distinct} values
        </span>
      </button>
      {opened && <ValueMeans values={values} distinct={distinct} better={better} />}
    </li>
  );
}
