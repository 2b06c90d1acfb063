// The log of one run under one filter, kept up with while the run is live.

import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { getJson, queryOf, segment } from '../../../api/client';
import { onReset, subscribe } from '../../../api/live/live';
import type { LogLine } from '../../../api/types';
import { type LogFilter, mayShow } from './log-filter';
import { type LogPiece, type LogRead, LogSource, type LogState } from './log-source';

/** ms between two looks for new lines, however many come. */
const PACE_MS = 150;
/** A look that takes long is not begun again before so many times its length have passed. */
const REST = 3;

export function useLogSource(runId: string, filter: LogFilter, live: boolean): { source: LogSource<LogLine>; state: LogState } {
  const levels = filter.levels.join(',');
  const { text } = filter;
  const source = useMemo(() => new LogSource((read) => readLogs(runId, levels, text, read)), [runId, levels, text]);
  const state = useSyncExternalStore(source.subscribe, source.state);
  // The last lines may have come between the last item and the end of the run: `live` turning false looks once more.
  useEffect(() => {
    void source.grow();
    return live ? follow(runId, { levels: levels === '' ? [] : levels.split(','), text }, source) : undefined;
  }, [runId, source, live, levels, text]);
  return { source, state };
}

function follow(runId: string, filter: LogFilter, source: LogSource<LogLine>): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let rest = PACE_MS;
  const grow = async (): Promise<void> => {
    timer = null;
    const begun = performance.now();
    await source.grow();
    rest = Math.max(PACE_MS, REST * (performance.now() - begun));
  };
  const look = (): void => {
    timer ??= setTimeout(() => void grow(), rest);
  };
  const leave = subscribe({ runs: [runId], types: ['log', 'run_touched'] }, (items) => {
    if (items.some((item) => mayShow(filter, item))) look();
  });
  const unheard = onReset(look);
  return () => {
    leave();
    unheard();
    if (timer !== null) clearTimeout(timer);
  };
}

async function readLogs(runId: string, levels: string, text: string, { newest, ...read }: LogRead): Promise<LogPiece<LogLine>> {
  const query = queryOf({ ...read, newest: newest === true ? '1' : undefined, levels, text });
  return await getJson<LogPiece<LogLine>>(`/runs/${segment(runId)}/logs${query}`);
}
