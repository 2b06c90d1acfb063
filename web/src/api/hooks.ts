// What the page can ask the server, as hooks.

import { keepPreviousData, type UseQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getJson, postJson, queryOf, segment } from './client';
import { keys, type RunPart } from './keys';
import { reviveRecord, reviveValue, toNumber } from './numbers';
import { type RunsQuestion, runsPath } from './runs-path';
import { readSeries } from './series';
import type {
  ApiKey,
  Artifact,
  Checkpoint,
  CommandRecord,
  ExperimentRow,
  GroupComparison,
  Health,
  Info,
  JsonValue,
  Lineage,
  Mark,
  ParamSensitivity,
  Point,
  RankedRun,
  RunComparison,
  RunDetail,
  RunPage,
  SearchKeys,
  Series,
  SeriesOptions,
  SeriesQuery,
  SeriesSummary,
  TimelineEntry,
} from './types';

export {
  useBulk,
  useCreateKey,
  useDeleteRun,
  usePatchRun,
  usePromote,
  useRestoreRun,
  useResume,
  useRevokeKey,
  useSendCommand,
  useStopRun,
} from './mutations';
export type { RunsQuestion } from './runs-path';

/** ms for which the names of keys and experiments are taken as they were. */
const NAMES_MS = 10_000;

/** ms between two looks at how the server is. */
const HEALTH_MS = 15_000;

type Answer<T> = UseQueryResult<T, Error>;

export function useInfo(): Answer<Info> {
  return useQuery({ queryKey: keys.info, queryFn: ({ signal }) => getJson<Info>('/info', signal), staleTime: Number.POSITIVE_INFINITY });
}

/** Whether the server takes events, looked at now and then. */
export function useHealth(): Answer<Health> {
  return useQuery({ queryKey: keys.health, queryFn: ({ signal }) => getJson<Health>('/health', signal), refetchInterval: HEALTH_MS });
}

/** The list of runs, page after page; the pages before stay while a new search is on its way. */
export function useRuns(question: RunsQuestion, enabled = true) {
  return useInfiniteQuery({
    enabled,
    queryKey: keys.runs(question),
    queryFn: ({ pageParam, signal }) => readRuns(question, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    placeholderData: keepPreviousData,
    // Comparing ten thousand rows with those before, at each page and each change, costs more than drawing the few that are seen.
    structuralSharing: false,
  });
}

/** One page of runs. Errors: ApiError, XT_SEARCH with its column. */
export async function readRuns(question: RunsQuestion, cursor: string | null, signal?: AbortSignal): Promise<RunPage> {
  const page = await getJson<RunPage>(runsPath(question, cursor), signal);
  return { ...page, values: page.values.map((row) => row.map(reviveValue)) };
}

export function useRun(runId: string): Answer<RunDetail> {
  return useQuery({
    queryKey: keys.detail(runId),
    queryFn: async ({ signal }) => {
      const run = await getJson<RunDetail>(`/runs/${segment(runId)}`, signal);
      return { ...run, finalMetrics: reviveRecord(run.finalMetrics) };
    },
  });
}

function usePart<T>(runId: string, part: RunPart, revive: (answer: T) => T = (answer) => answer): Answer<T> {
  return useQuery({
    queryKey: keys.part(runId, part),
    queryFn: async ({ signal }) => revive(await getJson<T>(`/runs/${segment(runId)}/${part}`, signal)),
  });
}

/** Every series of the run with its extremes. */
export function useRunMetrics(runId: string): Answer<readonly SeriesSummary[]> {
  return usePart<readonly SeriesSummary[]>(runId, 'metrics', (all) =>
    all.map((one) => ({
      ...one,
      min: toNumber(one.min),
      max: toNumber(one.max),
      first: revivePoint(one.first),
      last: revivePoint(one.last),
    })),
  );
}

function revivePoint(point: Point): Point {
  return { ...point, value: toNumber(point.value) };
}

export function useParams(runId: string): Answer<Readonly<Record<string, JsonValue>>> {
  return usePart(runId, 'params');
}

export function useArtifacts(runId: string): Answer<readonly Artifact[]> {
  return usePart(runId, 'artifacts');
}

export function useCheckpoints(runId: string): Answer<readonly Checkpoint[]> {
  return usePart<readonly Checkpoint[]>(runId, 'checkpoints', (all) => all.map((one) => ({ ...one, metrics: reviveRecord(one.metrics) })));
}

/** Oldest first. */
export function useCommands(runId: string): Answer<readonly CommandRecord[]> {
  return usePart(runId, 'commands');
}

export function useMarks(runId: string): Answer<readonly Mark[]> {
  return usePart(runId, 'marks');
}

export function useTimeline(runId: string): Answer<readonly TimelineEntry[]> {
  return usePart(runId, 'timeline');
}

export function useLineage(runId: string): Answer<Lineage> {
  return usePart(runId, 'lineage');
}

/** Curves of many metrics at once, in the order asked for; the ones before stay until the new ones are there. At most 400. */
export function useSeries(queries: readonly SeriesQuery[], options: SeriesOptions = {}): Answer<readonly (readonly Series[])[]> {
  return useQuery({
    queryKey: ['series', queries, options],
    queryFn: ({ signal }) => readSeries(queries, options, signal),
    enabled: queries.length > 0,
    placeholderData: keepPreviousData,
  });
}

/** 2 to 100 runs side by side. */
export function useCompare(runIds: readonly string[]): Answer<RunComparison> {
  return useQuery({
    queryKey: ['compare', runIds],
    queryFn: ({ signal }) => postJson<RunComparison>('/compare', { runIds }, signal),
    enabled: runIds.length >= 2,
    placeholderData: keepPreviousData,
  });
}

export interface GroupsQuestion {
  /** Searches. */
  readonly a: string;
  readonly b: string;
  readonly metric: string;
  readonly mode?: 'min' | 'max';
}

export function useCompareGroups(question: GroupsQuestion | null): Answer<GroupComparison> {
  return useQuery({
    queryKey: ['compare-groups', question],
    queryFn: ({ signal }) => postJson<GroupComparison>('/compare/groups', question, signal),
    enabled: question !== null,
  });
}

/** Names of params, tags and metrics that there are. */
export function useKeys(): Answer<SearchKeys> {
  return useQuery({ queryKey: keys.searchKeys, queryFn: ({ signal }) => getJson<SearchKeys>('/keys', signal), staleTime: NAMES_MS });
}

export function useExperiments(): Answer<readonly ExperimentRow[]> {
  return useQuery({ queryKey: keys.experiments, queryFn: ({ signal }) => getJson<readonly ExperimentRow[]>('/experiments', signal) });
}

export interface ExperimentQuestion {
  readonly experimentId: string;
  /** Null: nothing is asked yet. */
  readonly metric: string | null;
  readonly mode?: 'min' | 'max' | undefined;
}

export function useLeaderboard({ experimentId, metric, mode }: ExperimentQuestion, limit = 10): Answer<readonly RankedRun[]> {
  return useQuery({
    queryKey: ['leaderboard', experimentId, metric, mode, limit],
    queryFn: ({ signal }) => getJson<readonly RankedRun[]>(experimentPath(experimentId, 'leaderboard', { metric, mode, limit }), signal),
    enabled: metric !== null,
    placeholderData: keepPreviousData,
  });
}

/** How a metric hangs on the params of an experiment's runs. */
export function useSensitivity({ experimentId, metric, mode }: ExperimentQuestion): Answer<readonly ParamSensitivity[]> {
  return useQuery({
    queryKey: ['sensitivity', experimentId, metric, mode],
    queryFn: ({ signal }) => getJson<readonly ParamSensitivity[]>(experimentPath(experimentId, 'sensitivity', { metric, mode }), signal),
    enabled: metric !== null,
    placeholderData: keepPreviousData,
  });
}

export function useApiKeys(): Answer<readonly ApiKey[]> {
  return useQuery({ queryKey: keys.apiKeys, queryFn: ({ signal }) => getJson<readonly ApiKey[]>('/api-keys', signal) });
}

/** A name of dots alone is a step upwards in a path: it goes behind the `?`. */
function experimentPath(experimentId: string, part: string, query: Parameters<typeof queryOf>[0]): string {
  if (!/^\.{1,2}$/.test(experimentId)) return `/experiments/${segment(experimentId)}/${part}${queryOf(query)}`;
  return `/experiments/-/${part}${queryOf({ ...query, experiment: experimentId })}`;
}
