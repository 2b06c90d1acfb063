// Cleans a store and its data directory up: runs by the rules of retention, the trash by its age, files that nobody needs any more.

import { isFinal } from '../protocol/events.js';
import type { Compacted, Store } from '../storage/store.js';
import { pagesOf, planRuns, type RunPlan } from './gc-plan.js';
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

/** What was done; with `dryRun`, what would be. */
export interface GcReport extends RunPlan {
  readonly dryRun: boolean;
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
  const logLines = dryRun ? 0 : await carryOut(place, plan, now * 1_000);
  const compacted = dryRun ? undefined : await store.compact?.();
  return { ...plan, dryRun, logLines, leftovers: found, doubt: doubt ?? null, store: compacted ?? null };
}

/** Log lines removed. */
async function carryOut({ store, purge }: GcPlace, plan: RunPlan, now: number): Promise<number> {
  for (const { runId } of plan.trash) await store.setDeleted(runId, now);
  for (const { runId } of plan.purge) await purge(runId);
  let lines = 0;
  for (const { runId, before } of plan.logs) lines += (await store.deleteLogs?.(runId, before)) ?? 0;
  return lines;
}

async function leftoversOf(store: Store, directory: string | null, keepMs: number, now: number): ReturnType<typeof findLeftovers> {
  if (directory === null) return { found: [], doubt: undefined };
  const runs = await pagesOf((limit, offset) => store.findRuns({ deleted: 'include', limit, offset }));
  const ids = runs.map(({ runId }) => runId);
  const live = runs.filter(({ status }) => !isFinal(status)).map(({ runId }) => runId);
  return await findLeftovers(directory, { all: ids, live }, keepMs, now);
}
