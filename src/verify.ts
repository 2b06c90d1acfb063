// Checking what is kept: every run against its own event log.

import type { VerifiedRun } from './care/verify/findings.js';
import { verifyRun } from './care/verify/verify-run.js';
import { XTrackError } from './protocol/index.js';
import { openMemoryStore } from './storage/memory/store.js';
import type { StoreReader } from './storage/store.js';

/** Runs on one page of the list. */
const PAGE = 500;

/** Which runs; without ids all of them, those in the trash too. */
export async function* verifyRuns(store: StoreReader, runIds: readonly string[] | undefined): AsyncGenerator<VerifiedRun> {
  for await (const runId of runIds ?? everyRun(store)) {
    const record = await store.getRun(runId);
    if (record === undefined) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}'`, field: 'runId' });
    const twin = await openMemoryStore();
    try {
      yield await verifyRun(store, record, twin);
    } finally {
      await twin.close();
    }
  }
}

async function* everyRun(store: StoreReader): AsyncGenerator<string> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await store.findRuns({ deleted: 'include', limit: PAGE, offset });
    for (const { runId } of page) yield runId;
    if (page.length < PAGE) return;
  }
}
