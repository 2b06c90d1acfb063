// `xtrack show RUN`: everything about one run but the points of its metrics and its logs.

import { Command } from 'commander';
import colors from 'picocolors';
import type { Artifact, Change, Checkpoint, GapRecord, Knob, Run, SeriesSummary, XTrack } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { outputWidth, print, printJson, toJson } from '../../output.js';
import { runDetails } from '../../run-json.js';
import { findRun } from '../../run-reference.js';
import { statusColor } from '../../run-screen.js';
import { byteSize, clock, localTime, shortNumber } from '../../terminal/number.js';
import { styled } from '../../terminal/styled.js';
import { type Column, table } from '../../terminal/table.js';
import { clip, plainText } from '../../terminal/text.js';

export function showCommand(): Command {
  return new Command('show').description('show one run').argument('<run>', 'run id, its beginning, or latest').action(show);
}

async function show(reference: string, options: CommonOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const run = await findRun(xtrack, reference);
    if (options.json) await printJson(await runDetails(xtrack, run));
    else await print(...head(run), ...(await body(xtrack, run.runId)));
  });
}

/** Label and value of what is there; a null value leaves the line out. */
function facts(pairs: readonly (readonly [string, string | null | undefined])[]): string[] {
  const there = pairs.filter((pair): pair is readonly [string, string] => typeof pair[1] === 'string' && pair[1] !== '');
  const width = outputWidth() - 14;
  return there.map(([label, value]) => `${colors.dim(label.padEnd(12))}  ${clip(plainText(value), width)}`);
}

function head(run: Run): string[] {
  return [
    styled([[run.status, statusColor(run.status)], ['  '], [plainText(run.name ?? run.runId), colors.bold]], outputWidth()),
    ...facts([
      ['run', run.runId],
      ['experiment', run.experimentId],
      ['parent', run.parentRunId],
      ['tags', words(Object.entries(run.tags).map(([key, value]) => `${key}=${value}`))],
      ['started', localTime(run.startedAt)],
      ['ended', ending(run)],
      ['message', run.message],
      ['progress', progress(run)],
      ['exit', run.exit && (run.exit.signal ?? `code ${run.exit.code ?? 'unknown'}`)],
      ['error', run.error && words([run.error.type, run.error.message], ': ')],
      ['command', run.process && words([run.process.command, ...run.process.args], ' ')],
      ['code', run.source && words([run.source.entrypoint, run.source.gitCommit, run.source.gitDirty ? '(changed)' : undefined])],
      ['machine', run.environment && words([run.environment.hostname, run.environment.platform, run.environment.pythonVersion])],
    ]),
  ];
}

function words(texts: readonly (string | undefined)[], between = '  '): string {
  return texts.filter((text) => text !== undefined).join(between);
}

function ending({ startedAt, endedAt }: Run): string | null {
  if (endedAt === null) return null;
  if (startedAt === null) return localTime(endedAt);
  const ms = Date.parse(endedAt) - Date.parse(startedAt);
  return `${localTime(endedAt)} (${ms < 0 ? 'the clock was set back while it ran' : clock(ms)})`;
}

function progress({ progress: work }: Run): string | null {
  if (work === null) return null;
  return words([work.unit, work.total === undefined ? `${work.current}` : `${work.current}/${work.total}`], ' ');
}

/** Checkpoints, artifacts and warnings shown of each; --json has all. */
const MOST = 10;

const METRICS: readonly Column<SeriesSummary>[] = [
  { title: 'METRIC', value: (series) => series.key, flexible: true },
  { title: 'PHASE', value: (series) => series.phase || '-' },
  { title: 'WORKER', value: (series) => series.worker || '-', flexible: true, optional: true },
  { title: 'STEP', value: (series) => String(series.last.step ?? '-'), align: 'end', optional: true },
  { title: 'LATEST', value: (series) => shortNumber(series.last.value), align: 'end' },
  { title: 'MIN', value: (series) => shortNumber(series.min), align: 'end', optional: true },
  { title: 'MAX', value: (series) => shortNumber(series.max), align: 'end', optional: true },
  { title: 'POINTS', value: (series) => String(series.count), align: 'end', optional: true },
];

async function body(xtrack: XTrack, runId: string): Promise<string[]> {
  const params = Object.entries(await xtrack.getParams(runId));
  const series = await xtrack.listSeries(runId);
  return [
    ...section('params', within(params.map(([key, value]) => `${key} = ${toJson(value)}`))),
    ...section('metrics', series.length === 0 ? [] : table(METRICS, series, outputWidth())),
    ...section('knobs', within((await xtrack.getKnobs(runId)).map(knobLine))),
    ...section('changes', newest((await xtrack.getChanges(runId)).map(changeLine))),
    ...section('checkpoints', newest((await xtrack.getCheckpoints(runId)).map(checkpointLine))),
    ...section('artifacts', newest((await xtrack.getArtifacts(runId)).map(artifactLine))),
    ...section('gaps', newest((await xtrack.getGaps(runId)).map(gapLine))),
    ...section('warnings', newest((await xtrack.getWarnings(runId)).map(({ code, detail }) => `${code}: ${detail}`))),
  ];
}

function knobLine({ name, value, min, max, choices }: Knob): string {
  const bounds = choices === undefined ? words([min === undefined ? '' : `from ${min}`, max === undefined ? '' : `to ${max}`], ' ') : '';
  return words([`${name} = ${toJson(value)}`, choices === undefined ? bounds : `one of ${toJson(choices)}`]).trimEnd();
}

function changeLine({ name, value, previous, step, by }: Change): string {
  const before = previous === undefined ? '' : `${toJson(previous)} → `;
  return `${step === undefined ? '' : `step ${step}  `}${name}: ${before}${toJson(value)}${by === undefined ? '' : `  by ${by}`}`;
}

function checkpointLine({ step, path, isBest }: Checkpoint): string {
  return `step ${step}${isBest ? ' (best)' : ''}  ${path}`;
}

function artifactLine({ kind, path, size }: Artifact): string {
  return `${kind}  ${size === undefined ? '' : `${byteSize(size)}  `}${path}`;
}

function gapLine({ worker, from, to, reason }: GapRecord): string {
  return `worker ${worker || '-'}: events ${from} to ${to} are missing (${reason ?? 'they may still come'})`;
}

function within(lines: readonly string[]): string[] {
  return lines.map((line) => clip(plainText(line), outputWidth()));
}

function newest(lines: readonly string[]): string[] {
  const shown = within(lines.slice(-MOST));
  return lines.length > MOST ? [colors.dim(`… ${lines.length - MOST} before these`), ...shown] : shown;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', colors.bold(title), ...lines];
}
