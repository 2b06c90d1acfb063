// The stable JSON of runs: what `list --json`, `show --json` and `run --json` print. Fields are added, never changed.

import type { Run, SeriesSummary, XTrack } from '../index.js';

/** One run as `list --json` has it. */
export function runSummary(run: Run): object {
  const { runId, name, status, experimentId, startedAt, endedAt, tags, damaged } = run;
  return { runId, name, status, experimentId, startedAt, endedAt, tags, ...(damaged !== null && { damaged }) };
}

/** One series with its latest point; `min` and `max` are over finite values, null where there is none. */
function latestOf({ key, worker, phase, aggregation, last, count, min, max }: SeriesSummary): object {
  return {
    key,
    worker,
    phase: phase || null,
    aggregation: aggregation || null,
    step: last.step,
    epoch: last.epoch,
    ts: last.ts,
    value: last.value,
    count,
    min: finiteOrNull(min),
    max: finiteOrNull(max),
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** One run as `show --json` and `run --json` have it. */
export async function runDetails(xtrack: XTrack, run: Run): Promise<object> {
  const [series, artifacts, checkpoints] = await Promise.all([
    xtrack.listSeries(run),
    xtrack.getArtifacts(run),
    xtrack.getCheckpoints(run),
  ]);
  const [params, gaps, warnings] = await Promise.all([xtrack.getParams(run), xtrack.getGaps(run), xtrack.getWarnings(run)]);
  const [knobs, changes, commands] = await Promise.all([xtrack.getKnobs(run), xtrack.getChanges(run), xtrack.getCommands(run)]);
  return {
    ...runSummary(run),
    params,
    metrics: series.map(latestOf),
    artifacts: artifacts.map(({ type: _type, content: _content, ...artifact }) => artifact),
    checkpoints: checkpoints.map(({ type: _type, ...checkpoint }) => checkpoint),
    knobs: knobs.map(({ type: _type, ...knob }) => knob),
    changes: changes.map(({ type: _type, ...change }) => change),
    commands,
    gaps,
    workers: run.workers,
    source: run.source,
    environment: run.environment,
    createdAt: run.createdAt,
    parentRunId: run.parentRunId,
    deletedAt: run.deletedAt,
    message: run.message,
    progress: run.progress,
    error: run.error,
    exit: run.exit,
    finalMetrics: run.finalMetrics,
    process: run.process,
    counts: run.counts,
    warnings,
  };
}
