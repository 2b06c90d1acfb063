// From the series of many runs to the curves of one chart: a curve a run, or a mean with its band for each group of runs.

import type { Series } from '../../../api/types';
import type { ChartAxis, ChartSeries } from '../../../charts/series/chart-series';
import { toChartSeries } from '../../../charts/series/from-api';
import { plural } from '../../../components/format';
import { type GroupCurve, groupCurve, type RunsBehind, runsBehind } from '../stats/group-curve';
import type { BandKind } from '../stats/spread';

/** A run as the charts draw it. */
export interface DrawnRun {
  readonly runId: string;
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
}

/** Runs that share a value. */
export interface RunGroup {
  readonly label: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly runIds: ReadonlySet<string>;
}

/** A run's curve of the metric. */
export interface OwnCurve {
  readonly run: DrawnRun;
  readonly curve: ChartSeries;
}

/** The curve of each run that has any in that phase: `found` has a list of series for each of `runs`. */
export function ownCurves(runs: readonly DrawnRun[], found: readonly (readonly Series[])[], phase: string, axis: ChartAxis): OwnCurve[] {
  return runs.flatMap((run, at) => {
    const series = (found[at] ?? []).find((one) => one.phase === phase && !one.superseded && one.x.length > 0);
    if (series === undefined) return [];
    const { runId, name, colour, dashed } = run;
    const curve = toChartSeries(series, axis, { id: runId, label: name, colour, dashed });
    return curve.x.length === 0 ? [] : [{ run, curve }];
  });
}

export interface DrawnGroup {
  readonly label: string;
  readonly curve: ChartSeries;
  /** Runs of the group that have the metric. */
  readonly runs: number;
  /** How many of them stand behind each stretch of the axis. */
  readonly behind: readonly RunsBehind[];
}

/** A mean with its band for each group that has any series. */
export function groupCurves(groups: readonly RunGroup[], own: readonly OwnCurve[], band: BandKind): DrawnGroup[] {
  return groups.flatMap((group) => {
    const members = own.filter(({ run }) => group.runIds.has(run.runId));
    if (members.length === 0) return [];
    const merged = groupCurve(
      members.map(({ curve: { x, mean } }) => ({ x, y: mean })),
      band,
    );
    const total = members.reduce((sum, { curve }) => sum + curve.total, 0);
    return [
      { label: group.label, runs: members.length, behind: runsBehind(merged), curve: bandCurve(group, merged, total, members.length) },
    ];
  });
}

function bandCurve(
  { label, colour, dashed }: RunGroup,
  { x, mean, low, high, runs }: GroupCurve,
  total: number,
  members: number,
): ChartSeries {
  const nonFinite = new Float64Array(x.length);
  // What smoothing counts is points of one run, however many runs stand behind the mean.
  const span = new Float64Array(x.length).fill(Math.max(1, total / Math.max(1, members * x.length)));
  return {
    id: `group ${label}`,
    label: `${label} (${members})`,
    colour,
    dashed,
    x,
    mean,
    min: low,
    max: high,
    count: runs,
    nonFinite,
    span,
    total,
  };
}

/** Stretches that are told apart in words; behind them only the least number is said. */
const MOST_SAID = 3;

/** `8 runs`, `8 runs, 5 from 900 on`, `3 to 8 runs`. */
export function sayBehind(behind: readonly RunsBehind[], place: (x: number) => string): string {
  const known = behind.filter(({ runs }) => runs > 0);
  const [first] = known;
  if (first === undefined) return 'no runs';
  const counts = known.map(({ runs }) => runs);
  const word = (count: number): string => plural(count, 'run');
  if (known.length > MOST_SAID) return `${Math.min(...counts)} to ${word(Math.max(...counts))} at a place`;
  return [word(first.runs), ...known.slice(1).map(({ from, runs }) => `${runs} from ${place(from)} on`)].join(', ');
}
