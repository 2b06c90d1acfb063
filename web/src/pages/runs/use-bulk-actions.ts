// What can be done to many runs at once, each told in a message, with a way back where there is one.

import { useCallback } from 'react';
import { useBulk } from '../../api/hooks';
import type { BulkRequest, BulkResult } from '../../api/types';
import { plural } from '../../components/format';
import { showToast } from '../../components/toast-store';

/** Runs that the server takes in one request. */
const MOST = 1_000;

export interface BulkActions {
  readonly busy: boolean;
  readonly toTrash: (runIds: readonly string[]) => Promise<void>;
  readonly restore: (runIds: readonly string[]) => Promise<void>;
  readonly purge: (runIds: readonly string[]) => Promise<void>;
  readonly archive: (runIds: readonly string[], archived: boolean) => Promise<void>;
  /** Null removes a tag. */
  readonly tag: (runIds: readonly string[], tags: Readonly<Record<string, string | null>>) => Promise<void>;
}

export function useBulkActions(): BulkActions {
  const { mutateAsync, isPending } = useBulk();
  const run = useCallback(
    async (request: BulkRequest, done: string): Promise<readonly string[]> => {
      try {
        const results = await inParts(request, mutateAsync);
        const failed = results.filter(({ ok }) => !ok);
        if (failed.length > 0)
          showToast(`${plural(failed.length, 'run')} failed: ${failed[0]?.error?.detail ?? 'no reason given'}`, { bad: true });
        const succeeded = results.filter(({ ok }) => ok).map(({ runId }) => runId);
        if (done !== '' && succeeded.length > 0) showToast(`${plural(succeeded.length, 'run')} ${done}`);
        return succeeded;
      } catch (error) {
        showToast(error instanceof Error ? error.message : String(error), { bad: true });
        return [];
      }
    },
    [mutateAsync],
  );
  const restore = useCallback(
    async (runIds: readonly string[]) => {
      await run({ runIds, action: 'restore' }, 'restored');
    },
    [run],
  );
  return {
    busy: isPending,
    restore,
    async toTrash(runIds) {
      const done = await run({ runIds, action: 'delete' }, '');
      if (done.length === 0) return;
      showToast(`${plural(done.length, 'run')} moved to the trash`, { action: { label: 'Undo', run: () => void restore(done) } });
    },
    async purge(runIds) {
      await run({ runIds, action: 'purge' }, 'deleted for good');
    },
    async archive(runIds, archived) {
      const done = await run({ runIds, action: 'edit', edit: { archived } }, archived ? '' : 'taken out of the archive');
      if (!archived || done.length === 0) return;
      const back = (): void => void run({ runIds: done, action: 'edit', edit: { archived: false } }, 'taken out of the archive');
      showToast(`${plural(done.length, 'run')} archived`, { action: { label: 'Undo', run: back } });
    },
    async tag(runIds, tags) {
      await run({ runIds, action: 'edit', edit: { tags } }, 'tagged');
    },
  };
}

async function inParts(request: BulkRequest, send: (part: BulkRequest) => Promise<BulkResult>): Promise<BulkResult['results']> {
  const results: BulkResult['results'][number][] = [];
  for (let from = 0; from < request.runIds.length; from += MOST) {
    const answer = await send({ ...request, runIds: request.runIds.slice(from, from + MOST) });
    results.push(...answer.results);
  }
  return results;
}
