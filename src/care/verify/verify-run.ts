// Checks one run: counts everything anew from its event log, and says exactly what differs. Reads only.

import { XTrackError } from '../../protocol/index.js';
import type { RunRecord, Store, StoreReader } from '../../storage/store.js';
import { compareEntries, compareMarks, compareRecords, compareSearch, compareSeries } from './compare.js';
import { Findings, type VerifiedRun } from './findings.js';
import { refold } from './refold.js';
import type { Fold } from './repair.js';

/** What was found, and what the log adds up to. */
export interface Examined {
  readonly verified: VerifiedRun;
  readonly fold: Fold;
}

/** `twin`: an empty store in memory, for this run alone. Damage is found, never thrown. */
export async function verifyRun(store: StoreReader, record: RunRecord, twin: Store): Promise<Examined> {
  const { runId, name, createdAt } = record;
  const findings = new Findings();
  const { events, lanes, implied } = await refold(store, runId, createdAt, twin, findings);
  const whole = findings.all().every(({ code }) => code !== 'XT_VERIFY_BLOCK');
  const checks = [
    async () => await compareMarks(store, runId, lanes, findings),
    async () => {
      const [stored, folded] = [await store.getRun(runId), await twin.getRun(runId)];
      if (stored?.damaged !== undefined) findings.add('XT_VERIFY_READ', stored.damaged);
      else if (stored !== undefined && folded !== undefined) compareRecords(stored, folded, findings);
    },
    async () => await compareEntries(store, twin, runId, findings),
    async () => await compareSeries(store, twin, runId, findings),
    async () => await compareSearch(store, twin, runId, record.deletedAt !== undefined, findings),
  ];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      const { code, detail } = XTrackError.from(error, 'XT_STORE_READ');
      findings.add('XT_VERIFY_READ', `${code}: ${detail}`);
    }
  }
  return { verified: { runId, name, events, findings: findings.all() }, fold: { twin, lanes, implied, whole } };
}
