// What a clean-up would do, run by run and with the reason, before anything is done.

import { FINAL_STATUSES, isFinal } from '../protocol/events.js';
import type { SearchQuery } from '../storage/search/query.js';
import type { Condition, OrderTerm } from '../storage/search/tree.js';
import type { RunRecord, Store } from '../storage/store.js';
import type { ReadRule, ReadRules } from './retention.js';

/** A run, what is to become of it, and why. */
export interface PlannedRun {
  readonly runId: string;
  readonly name: string | null;
  /** What its purge frees, about; null where the store cannot tell. */
  readonly bytes: number | null;
  readonly reason: string;
}

/** Log lines of one run from before a time (µs since the epoch). */
export interface PlannedLogs {
  readonly runId: string;
  readonly name: string | null;
  readonly before: number;
  readonly reason: string;
}

export interface RunPlan {
  /** Into the trash. */
  readonly trash: readonly PlannedRun[];
  /** Out of the trash, for good. */
  readonly purge: readonly PlannedRun[];
  readonly logs: readonly PlannedLogs[];
}

type PlanningStore = Pick<Store, 'search' | 'findRuns' | 'getEntries' | 'runBytes'>;

const DAY_US = 86_400_000_000;
const PAGE = 1_000;
const OVER: Condition = {
  kind: 'in',
  of: { kind: 'field', field: 'status' },
  values: FINAL_STATUSES.map((value) => ({ kind: 'text', value })),
};

/** `now`: µs since the epoch. */
export async function planRuns(store: PlanningStore, rules: ReadRules, now: number): Promise<RunPlan> {
  const inTrash = await pagesOf((limit, offset) => store.findRuns({ deleted: 'only', limit, offset }));
  const planner = new Planner(store, rules, new Set(inTrash.map(({ runId }) => runId)), now);
  const purge: PlannedRun[] = [];
  for (const run of inTrash) {
    const since = run.deletedAt ?? now;
    const gone = isFinal(run.status) || run.status === 'interrupted';
    if (gone && !isKept(run, rules) && now - since >= rules.trashDays * DAY_US)
      purge.push(await planner.planned(run, `${daysIn(now - since)} in the trash`));
  }
  return { purge, ...(await planner.byRules()) };
}

class Planner {
  readonly #store: PlanningStore;
  readonly #rules: ReadRules;
  readonly #inTrash: ReadonlySet<string>;
  readonly #now: number;
  readonly #trash = new Map<string, PlannedRun>();
  readonly #logs = new Map<string, PlannedLogs>();

  constructor(store: PlanningStore, rules: ReadRules, inTrash: ReadonlySet<string>, now: number) {
    this.#store = store;
    this.#rules = rules;
    this.#inTrash = inTrash;
    this.#now = now;
  }

  async byRules(): Promise<Omit<RunPlan, 'purge'>> {
    for (const rule of this.#rules.rules) {
      if (rule.keepDays !== undefined || rule.keepBest !== undefined) await this.#planTrash(rule);
      if (rule.logDays !== undefined) await this.#planLogs(rule, rule.logDays);
    }
    const logs = [...this.#logs.values()].filter(({ runId }) => !this.#trash.has(runId));
    return { trash: [...this.#trash.values()], logs };
  }

  async planned({ runId, name }: RunRecord, reason: string): Promise<PlannedRun> {
    return { runId, name, bytes: (await this.#store.runBytes?.(runId)) ?? null, reason };
  }

  async #planTrash(rule: ReadRule): Promise<void> {
    const where: Condition = rule.where === null ? OVER : { kind: 'and', all: [rule.where, OVER] };
    const best = await this.#best(rule, where);
    for await (const run of this.#matching(where)) {
      const age = this.#now - (run.endedAt ?? run.startedAt ?? run.createdAt);
      if (best.has(run.runId) || this.#trash.has(run.runId) || age < (rule.keepDays ?? 0) * DAY_US) continue;
      const { keepBest } = rule;
      const why = [
        ...(rule.keepDays === undefined ? [] : [`ended ${daysIn(age)} ago`]),
        ...(keepBest === undefined ? [] : [`not among the best ${keepBest.count} by ${keepBest.metric}`]),
      ];
      this.#trash.set(run.runId, await this.planned(run, `${rule.name}: ${why.join(', ')}`));
    }
  }

  async #best({ keepBest }: ReadRule, where: Condition): Promise<ReadonlySet<string>> {
    if (keepBest === undefined || keepBest.count === 0) return new Set();
    const by = { kind: 'metric', key: keepBest.metric, phase: '', stat: keepBest.mode } as const;
    const measured: Condition = { kind: 'and', all: [where, { kind: 'not', of: { kind: 'null', of: by } }] };
    const best = new Set<string>();
    for await (const { runId } of this.#matching(measured, [{ by, descending: keepBest.mode === 'max' }])) {
      best.add(runId);
      if (best.size === keepBest.count) break;
    }
    return best;
  }

  async #planLogs(rule: ReadRule, days: number): Promise<void> {
    const before = this.#now - days * DAY_US;
    for await (const run of this.#matching(rule.where)) {
      if (run.createdAt >= before || (run.counts.log ?? 0) === 0) continue;
      const [oldest] = await this.#store.getEntries({ runId: run.runId, kind: 'log', limit: 1 });
      const planned = this.#logs.get(run.runId);
      if (oldest === undefined || oldest.ts >= before || (planned !== undefined && planned.before >= before)) continue;
      this.#logs.set(run.runId, { runId: run.runId, name: run.name, before, reason: `${rule.name}: older than ${daysIn(days * DAY_US)}` });
    }
  }

  /** Runs that a rule may touch at all. */
  async *#matching(where: Condition | null, orderBy: readonly OrderTerm[] = []): AsyncGenerator<RunRecord> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query: SearchQuery = { where, orderBy, limit: PAGE, cursor: cursor ?? null };
      const page = await this.#store.search(query);
      for (const run of page.runs) if (!this.#inTrash.has(run.runId) && !isKept(run, this.#rules)) yield run;
      cursor = page.cursor;
    }
  }
}

/** True where a tag protects the run. */
function isKept({ tags }: RunRecord, { keepTags }: ReadRules): boolean {
  return Object.entries(keepTags).some(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value);
}

/** Every page of a list. */
export async function pagesOf<Row>(read: (limit: number, offset: number) => Promise<Row[]>): Promise<Row[]> {
  const all: Row[] = [];
  for (;;) {
    const page = await read(PAGE, all.length);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

function daysIn(micros: number): string {
  const days = Math.floor(micros / DAY_US);
  return days === 1 ? '1 day' : `${days} days`;
}
