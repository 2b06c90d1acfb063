// Checking what is kept: every run against its own event log. And mending what differs.

import type { VerifiedRun } from './care/verify/findings.js';
import { rebuild } from './care/verify/repair.js';
import { type Examined, verifyRun } from './care/verify/verify-run.js';
import { XTrackError } from './protocol/index.js';
import { openMemoryStore } from './storage/memory/store.js';
import type { RunRecord, Store, StoreReader } from './storage/store.js';

/** Runs on one page of the list. */
const PAGE = 500;

/** Tries, where somebody else writes to the run meanwhile. */
const TRIES = 3;

/** Found in the log itself: nothing that is derived from it mends that. */
const OF_THE_LOG: ReadonlySet<string> = new Set(['XT_VERIFY_BLOCK', 'XT_VERIFY_TWICE']);

/** Which runs; without ids all of them, those in the trash too. */
export async function* verifyRuns(store: StoreReader, runIds: readonly string[] | undefined): AsyncGenerator<VerifiedRun> {
  for await (const runId of runIds ?? everyRun(store))
    yield await withTwin(async (twin) => (await verifyRun(store, await recordOf(store, runId), twin)).verified);
}

/** The same, and what is derived is made anew where it differs. `letGo` throws where the run is not to be touched. */
export async function* repairRuns(
  store: Store,
  runIds: readonly string[] | undefined,
  letGo: (record: RunRecord) => Promise<void>,
): AsyncGenerator<VerifiedRun> {
  for await (const runId of runIds ?? everyRun(store)) yield await repairRun(store, runId, letGo);
}

async function repairRun(store: Store, runId: string, letGo: (record: RunRecord) => Promise<void>): Promise<VerifiedRun> {
  for (let left = TRIES; ; left -= 1) {
    const record = await recordOf(store, runId);
    const refused = await letGo(record).then(
      () => undefined,
      (error) => XTrackError.from(error, 'XT_STORE_READ'),
    );
    const revision = (await store.getRevision?.(runId)) ?? 0;
    const repaired = await withTwin(async (twin) => {
      const { verified, fold }: Examined = await verifyRun(store, record, twin);
      if (refused !== undefined) return { ...verified, repaired: [], refused: { code: refused.code, detail: refused.detail } };
      if (verified.findings.every(({ code }) => OF_THE_LOG.has(code))) return { ...verified, repaired: [] };
      if (!(await rebuild(store, record, revision, fold)))
        return left > 1
          ? undefined
          : { ...verified, repaired: [], refused: { code: 'XT_RUN_CHANGED' as const, detail: 'it is being written to' } };
      return await again(store, runId, verified);
    });
    if (repaired !== undefined) return repaired;
  }
}

/** What is left after the repair, and what is not. */
async function again(store: Store, runId: string, before: VerifiedRun): Promise<VerifiedRun> {
  const { verified } = await withTwin(async (twin) => await verifyRun(store, await recordOf(store, runId), twin));
  const left = new Set(verified.findings.map(({ code, detail }) => `${code} ${detail}`));
  return { ...verified, repaired: before.findings.filter(({ code, detail }) => !left.has(`${code} ${detail}`)) };
}

async function recordOf(store: StoreReader, runId: string): Promise<RunRecord> {
  const record = await store.getRun(runId);
  if (record === undefined) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}'`, field: 'runId' });
  return record;
}

async function withTwin<T>(work: (twin: Store) => Promise<T>): Promise<T> {
  const twin = await openMemoryStore();
  try {
    return await work(twin);
  } finally {
    await twin.close();
  }
}

async function* everyRun(store: StoreReader): AsyncGenerator<string> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await store.findRuns({ deleted: 'include', limit: PAGE, offset });
    for (const { runId } of page) yield runId;
    if (page.length < PAGE) return;
  }
}
