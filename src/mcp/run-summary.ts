// A run as an agent reads it: what it is, how far it is, what came out.

import { isReservedTag, RESERVED_TAGS } from '../protocol/reserved-tags.js';
import type { Run } from '../query/run.js';
import type { SeriesSummary } from '../storage/store.js';
import type { AgentView } from './agent-view.js';
import { short } from './answer.js';

/** Of what there may be many, the newest. */
const RECENT = 10;
/** The end of a traceback tells most. */
const TRACEBACK = 3_000;

/** One row of a list. */
export function runRow(run: Run): Record<string, unknown> {
  const { runId, name, status, experimentId, parentRunId, startedAt, endedAt, message, progress, error, tags } = run;
  return {
    run_id: runId,
    name: tags[RESERVED_TAGS.name] ?? name,
    status,
    experiment_id: experimentId,
    ...(parentRunId !== null && { parent_run_id: parentRunId }),
    started_at: startedAt,
    ended_at: endedAt,
    ...(startedAt !== null && {
      duration_s: Math.max(0, Math.round((Date.parse(endedAt ?? new Date().toISOString()) - Date.parse(startedAt)) / 1_000)),
    }),
    ...(progress !== null && { progress }),
    ...(message !== null && { message }),
    ...(error !== null && { error: error.message }),
    tags: ownTags(tags),
  };
}

/** Those that people gave, without XTrack's own. */
function ownTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !isReservedTag(key)));
}

/** One metric. Extremes are over finite values; null where there is none. */
export function metricRow({ key, phase, worker, count, min, max, first, last }: SeriesSummary): Record<string, unknown> {
  return {
    key,
    ...(phase !== '' && { phase }),
    ...(worker !== '' && { worker }),
    count,
    first: short(first.value),
    last: short(last.value),
    last_step: last.step,
    min: finite(min),
    max: finite(max),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? short(value) : null;
}

/** All that tells how the run came to be what it is. */
export async function runSummary({ xtrack }: AgentView, run: Run): Promise<Record<string, unknown>> {
  const { source, environment, exit, error, tags } = run;
  const [params, series, knobs, changes] = await Promise.all([
    xtrack.getParams(run),
    xtrack.listSeries(run),
    xtrack.getKnobs(run),
    xtrack.getChanges(run),
  ]);
  const [checkpoints, artifacts, gaps, warnings] = await Promise.all([
    xtrack.getCheckpoints(run),
    xtrack.getArtifacts(run),
    xtrack.getGaps(run),
    xtrack.getWarnings(run),
  ]);
  return {
    ...runRow(run),
    ...(tags[RESERVED_TAGS.notes] !== undefined && { notes: tags[RESERVED_TAGS.notes] }),
    ...(error !== null && { failure: { ...error, traceback: error.traceback?.slice(-TRACEBACK) } }),
    exit: exit === null ? null : { code: exit.code, signal: exit.signal },
    params,
    metrics: series.map(metricRow),
    knobs: knobs.map(({ name, value, min, max, choices }) => ({ name, value, min, max, choices })),
    changes: changes.slice(-RECENT).map(({ name, value, previous, step, by }) => ({ name, value, previous, step, by })),
    checkpoints: checkpoints.length,
    artifacts: artifacts.length,
    source,
    environment: environment === null ? null : { ...environment, packages: undefined, envVars: undefined },
    missing_events: gaps.length,
    warnings: warnings.slice(-RECENT).map(({ code, detail }) => ({ code, detail })),
  };
}
