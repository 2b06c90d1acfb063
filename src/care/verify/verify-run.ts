// Checks one run: counts everything anew from its event log, and says exactly what differs. Reads only.

import { XTrackError } from '../../protocol/index.js';
import type { RunRecord, Store, StoreReader } from '../../storage/store.js';
import { compareEntries, compareMarks, compareRecords, compareSearch, compareSeries } from './compare.js';
import { Findings, type VerifiedRun } from './findings.js';
import { refold } from './refold.js';

/** `twin`: an empty store in memory, for this run alone. Damage is found, never thrown. */
export async function verifyRun(store: StoreReader, { runId, name, createdAt }: RunRecord, twin: Store): Promise<VerifiedRun> {
  const findings = new Findings();
  const { events, lanes } = await refold(store, runId, createdAt, twin, findings);
  const checks = [
    async () => await compareMarks(store, runId, lanes, findings),
    async () => {
      const [stored, folded] = [await store.getRun(runId), await twin.getRun(runId)];
      if (stored !== undefined && folded !== undefined) compareRecords(stored, folded, findings);
    },
    async () => await compareEntries(store, twin, runId, findings),
    async () => await compareSeries(store, twin, runId, findings),
    async () => await compareSearch(store, twin, runId, (await store.getRun(runId))?.deletedAt !== undefined, findings),
  ];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      const { code, detail } = XTrackError.from(error, 'XT_STORE_READ');
      findings.add('XT_VERIFY_READ', `${code}: ${detail}`);
    }
  }
  return { runId, name, events, findings: findings.all() };
}
