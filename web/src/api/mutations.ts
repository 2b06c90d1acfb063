// What the page can change, as hooks; each tells what else is to be read anew.

import { type QueryClient, type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { deleteJson, patchJson, postJson, segment } from './client';
import { keys } from './keys';
import { patchRows, putCommand } from './patches';
import type { ApiKey, BulkRequest, BulkResult, CommandRecord, CommandType, JsonValue, RunPatch, RunRow } from './types';

type Change<Asked, Answered = void> = UseMutationResult<Answered, Error, Asked>;

function runPath(runId: string, rest = ''): string {
  return `/runs/${segment(runId)}${rest}`;
}

function useChange<Asked, Answered>(
  change: (asked: Asked) => Promise<Answered>,
  then: (client: QueryClient, answered: Answered, asked: Asked) => unknown,
): Change<Asked, Answered> {
  const client = useQueryClient();
  return useMutation<Answered, Error, Asked>({ mutationFn: change, onSuccess: (answered, asked) => void then(client, answered, asked) });
}

function showRow(client: QueryClient, run: RunRow): void {
  patchRows(client, [run]);
}

/** Lists and the run itself are read anew: it came into a list, or left it. */
async function rereadLists(client: QueryClient, runIds: readonly string[]): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.allRuns }),
    client.invalidateQueries({ queryKey: keys.experiments }),
    ...runIds.map((runId) => client.invalidateQueries({ queryKey: keys.run(runId) })),
  ]);
}

export function usePatchRun(): Change<{ readonly runId: string; readonly patch: RunPatch }, RunRow> {
  return useChange(
    ({ runId, patch }) => patchJson<RunRow>(runPath(runId), patch),
    (client, run) => showRow(client, run),
  );
}

/** To the trash. */
export function useDeleteRun(): Change<string> {
  return useChange(
    (runId) => deleteJson(runPath(runId)),
    (client, _done, runId) => rereadLists(client, [runId]),
  );
}

export function useRestoreRun(): Change<string, RunRow> {
  return useChange(
    (runId) => postJson<RunRow>(runPath(runId, '/restore')),
    (client, _run, runId) => rereadLists(client, [runId]),
  );
}

/** One thing done to up to 1,000 runs; each succeeds or fails by itself. */
export function useBulk(): Change<BulkRequest, BulkResult> {
  return useChange(
    (request) => postJson<BulkResult>('/runs/bulk', request),
    (client, _result, { runIds }) => rereadLists(client, runIds),
  );
}

export interface CommandRequest {
  readonly type: CommandType;
  readonly payload?: Readonly<Record<string, JsonValue>>;
  readonly expiresInMs?: number;
}

/** Answers at once with the pending record; what becomes of it comes by the live stream. */
export function useSendCommand(runId: string): Change<CommandRequest, CommandRecord> {
  return useChange(
    (request) => postJson<CommandRecord>(runPath(runId, '/commands'), request),
    (client, command) => putCommand(client, command),
  );
}

export function useStopRun(runId: string): Change<{ readonly graceMs?: number }> {
  return useChange(
    async (options) => {
      await postJson(runPath(runId, '/stop'), options);
    },
    (client) => client.invalidateQueries({ queryKey: keys.detail(runId) }),
  );
}

/** Takes the id of a checkpoint. */
export function usePromote(runId: string): Change<string> {
  return useChange(
    async (checkpointId) => {
      await postJson(runPath(runId, `/checkpoints/${segment(checkpointId)}/promote`));
    },
    (client) => client.invalidateQueries({ queryKey: keys.part(runId, 'checkpoints') }),
  );
}

/** Takes the id of a checkpoint and answers with the run that goes on from it. */
export function useResume(runId: string): Change<string, RunRow> {
  return useChange(
    (checkpointId) => postJson<RunRow>(runPath(runId, '/resume'), { checkpointId }),
    (client) => rereadLists(client, [runId]),
  );
}

export interface KeyRequest {
  readonly name: string;
  readonly scope: ApiKey['scope'];
  readonly experiment?: string;
  readonly expiresAt?: string;
}

/** The answer holds the key itself, this once. */
export function useCreateKey(): Change<KeyRequest, ApiKey & { readonly key: string }> {
  return useChange(
    (request) => postJson<ApiKey & { readonly key: string }>('/api-keys', request),
    (client) => client.invalidateQueries({ queryKey: keys.apiKeys }),
  );
}

export function useRevokeKey(): Change<string> {
  return useChange(
    (id) => deleteJson(`/api-keys/${segment(id)}`),
    (client) => client.invalidateQueries({ queryKey: keys.apiKeys }),
  );
}
