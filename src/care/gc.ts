// Cleans a store and its data directory up: runs by the rules of retention, the trash by its age, files that nobody needs any more.

import { type ErrorCode, XTrackError } from '../protocol/errors.js';
import { isFinal } from '../protocol/events.js';
import type { Compacted, Store } from '../storage/store.js';
import { type PlannedRun, pagesOf, planRuns, type RunPlan } from './gc-plan.js';
import { findLeftovers, type Leftover, removeLeftover } from './leftovers.js';
import { type RetentionRules, readRules } from './retention.js';

export interface GcOptions {
  /** Default: nothing but the trash by its age, and leftovers. */
  readonly rules?: RetentionRules;
  /** Instead of what the rules say, or 30. */
  readonly trashDays?: number;
  /** Only tell. */
  readonly dryRun?: boolean;
}

/** A run of the plan that could not be changed, as the error that it was refused with. */
export interface RefusedRun {
  readonly runId: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** What was done; with `dryRun`, what would be. */
export interface GcReport extends RunPlan {
  readonly dryRun: boolean;
  /** Runs that another control plane holds, which let nobody change them: they are left as they were. */
  readonly refused: readonly RefusedRun[];
  /** Log lines removed; 0 with `dryRun`. */
  readonly logLines: number;
  readonly leftovers: readonly Leftover[];
  /** Why some folders were left alone. */
  readonly doubt: string | null;
  /** Bytes of the store before and after; null with `dryRun`, and where the store does that by itself. */
  readonly store: Compacted | null;
}

export interface GcPlace {
  readonly store: Store;
  /** Null: there is none. */
  readonly directory: string | null;
  /** Moves one run to the trash. */
  readonly trash: (runId: string) => Promise<void>;
  /** Removes one run for good. */
  readonly purge: (runId: string) => Promise<void>;
}

const DAY_MS = 86_400_000;

/** Errors: XT_ARGUMENT, XT_SEARCH for rules that cannot be read. */
export async function collectGarbage(place: GcPlace, options: GcOptions): Promise<GcReport> {
  const { store, directory } = place;
  const given = readRules({ ...options.rules, ...(options.trashDays !== undefined && { trashDays: options.trashDays }) });
  const now = Date.now();
  const plan = await planRuns(store, given, now * 1_000);
  const dryRun = options.dryRun === true;
  // First, since files go where a full disk lets no row go. What belongs to a run that is purged goes with it all the same.
  const { found, doubt } = await leftoversOf(store, directory, given.trashDays * DAY_MS, now);
  if (!dryRun) for (const leftover of found) await removeLeftover(leftover);
  const done = dryRun ? { ...plan, refused: [], logLines: 0 } : await carryOut(place, plan);
  const compacted = dryRun ? undefined : await store.compact?.();
  return { ...done, dryRun, leftovers: found, doubt: doubt ?? null, store: compacted ?? null };
}

async function carryOut({ store, trash, purge }: GcPlace, plan: RunPlan): Promise<RunPlan & Pick<GcReport, 'refused' | 'logLines'>> {
  const refused: RefusedRun[] = [];
  const [trashed, purged] = [await doneOf(plan.trash, trash, refused), await doneOf(plan.purge, purge, refused)];
  let logLines = 0;
  for (const { runId, before } of plan.logs) logLines += (await store.deleteLogs?.(runId, before)) ?? 0;
  return { trash: trashed, purge: purged, logs: plan.logs, refused, logLines };
}

/** What a run may be refused with by itself, while the others go on. */
const OF_ONE_RUN: ReadonlySet<ErrorCode> = new Set(['XT_RUN_OWNED', 'XT_RUN_LIVE', 'XT_RUN_NOT_FOUND']);

/** The runs that were changed; the others are added to `refused`, but for those that were gone already. */
async function doneOf(
  runs: readonly PlannedRun[],
  change: (runId: string) => Promise<void>,
  refused: RefusedRun[],
): Promise<readonly PlannedRun[]> {
  const done: PlannedRun[] = [];
  for (const run of runs) {
    try {
      await change(run.runId);
      done.push(run);
    } catch (error) {
      const { code, detail } = XTrackError.from(error, 'XT_INTERNAL');
      if (!OF_ONE_RUN.has(code)) throw error;
      if (code !== 'XT_RUN_NOT_FOUND') refused.push({ runId: run.runId, code, detail });
    }
  }
  return done;
}

async function leftoversOf(store: Store, directory: string | null, keepMs: number, now: number): ReturnType<typeof findLeftovers> {
  if (directory === null) return { found: [], doubt: undefined };
  const runs = await pagesOf((limit, offset) => store.findRuns({ deleted: 'include', limit, offset }));
  const ids = runs.map(({ runId }) => runId);
  const live = runs.filter(({ status }) => !isFinal(status)).map(({ runId }) => runId);
  return await findLeftovers(directory, { all: ids, live }, keepMs, now);
}
