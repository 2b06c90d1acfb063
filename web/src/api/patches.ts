// Puts what came by the live stream, or as the answer to a change, into what is already shown.

import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { isFinal } from '../../../src/protocol/events.js';
import { keys } from './keys';
import type { CommandRecord, RunDetail, RunPage, RunRow } from './types';

/** True for a run that will not change any more by itself. */
export function isOver({ status }: Pick<RunRow, 'status'>): boolean {
  return isFinal(status);
}

/** New states of runs, wherever they are shown. Returns those that no list showed: they are new, or were filtered out. */
export function patchRows(client: QueryClient, runs: readonly RunRow[]): RunRow[] {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  const shown = new Set<string>();
  client.setQueriesData<InfiniteData<RunPage>>({ queryKey: keys.allRuns }, (list) => list && patchList(list, byId, shown));
  for (const run of runs) {
    client.setQueryData<RunDetail>(keys.detail(run.runId), (detail) => detail && { ...detail, ...run, live: !isOver(run) });
  }
  return runs.filter(({ runId }) => !shown.has(runId));
}

function patchList(list: InfiniteData<RunPage>, byId: ReadonlyMap<string, RunRow>, shown: Set<string>): InfiniteData<RunPage> {
  let changed = false;
  const pages = list.pages.map((page) => {
    if (!page.runs.some(({ runId }) => byId.has(runId))) return page;
    changed = true;
    const runs = page.runs.map((run) => {
      const next = byId.get(run.runId);
      if (next !== undefined) shown.add(run.runId);
      return next ?? run;
    });
    return { ...page, runs };
  });
  return changed ? { ...list, pages } : list;
}

/** A command's new state. It never goes back: the reply to its request may come after what the stream told of it. */
export function putCommand(client: QueryClient, command: CommandRecord): void {
  client.setQueryData<readonly CommandRecord[]>(keys.part(command.runId, 'commands'), (list = []) => withCommand(list, command));
}

export function withCommand(list: readonly CommandRecord[], command: CommandRecord): readonly CommandRecord[] {
  const at = list.findIndex(({ commandId }) => commandId === command.commandId);
  const before = list[at];
  if (before === undefined) return [...list, command].sort((a, b) => a.issuedAt - b.issuedAt);
  return rankOf(command) < rankOf(before) ? list : list.with(at, command);
}

/** Pending, with a worker, settled. */
function rankOf({ status }: CommandRecord): number {
  return status === 'pending' ? 0 : status === 'sent' ? 1 : 2;
}
