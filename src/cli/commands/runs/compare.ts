// `xtrack compare RUN RUN…`: what differs between runs, and their metrics side by side.

import { Command } from 'commander';
import colors from 'picocolors';
import type { Difference, MetricComparison, Run, RunComparison } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { outputWidth, print, printJson, toJson } from '../../output.js';
import { runSummary } from '../../run-json.js';
import { findRun } from '../../run-reference.js';
import { clock, shortNumber } from '../../terminal/number.js';
import { type Column, table } from '../../terminal/table.js';

export function compareCommand(): Command {
  return new Command('compare')
    .description('show what differs between runs, and their metrics side by side')
    .argument('<run...>', 'run ids, their beginnings, or latest')
    .action(compare);
}

async function compare(references: string[], options: CommonOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const ids: string[] = [];
    for (const reference of references) ids.push((await findRun(xtrack, reference)).runId);
    const comparison = await xtrack.compareRuns(ids);
    if (options.json) await printJson({ ...comparison, runs: comparison.runs.map(runSummary) });
    else await print(...screen(comparison));
  });
}

/** One line: what it is, and its value in each run. */
type Row = readonly string[];

function screen(comparison: RunComparison): string[] {
  const { runs, params, sameParams, metrics, tags, source, environment, durations } = comparison;
  const facts: Row[] = [
    ['status', ...runs.map(({ status }) => status)],
    ['duration', ...durations.map((seconds) => (seconds === null ? '-' : clock(seconds * 1_000)))],
  ];
  const title = `params${sameParams > 0 ? ` (${sameParams} more are the same)` : ''}`;
  return [
    ...block('', runs, facts),
    ...block(title, runs, params.map(differenceRow)),
    ...block('metrics', runs, metrics.map(metricRow)),
    ...block('tags', runs, tags.map(differenceRow)),
    ...block('source', runs, source.map(differenceRow)),
    ...block('environment', runs, environment.map(differenceRow)),
  ];
}

function block(title: string, runs: readonly Run[], rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const columns: Column<Row>[] = [
    { title: '', value: (row) => row[0] ?? '', flexible: true },
    ...runs.map((run, at): Column<Row> => ({ title: shortName(run), value: (row) => row[at + 1] ?? '', align: 'end', flexible: true })),
  ];
  return [...(title === '' ? [] : ['', colors.bold(title)]), ...table(columns, rows, outputWidth())];
}

/** The name where there is one, and the end of the id: runs of a sweep are often called alike. */
function shortName({ name, runId }: Run): string {
  const end = runId.slice(-6);
  return name === null ? `…${end}` : `${name.slice(0, 14)}…${end}`;
}

function differenceRow({ key, values }: Difference): Row {
  return [key, ...values.map((value) => (value === undefined ? '-' : typeof value === 'string' ? value : toJson(value)))];
}

/** The latest value of each run; a star at the one whose best is the best of all. */
function metricRow({ key, phase, values, best, better }: MetricComparison): Row {
  const cell = (at: number): string => {
    const value = values[at];
    if (value === undefined) return '-';
    return `${shortNumber(value.last)} (${shortNumber(value[better])})${at === best ? ' *' : '  '}`;
  };
  return [`${phase === '' ? key : `${key}@${phase}`} last (${better})`, ...values.map((_, at) => cell(at))];
}
