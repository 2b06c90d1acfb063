// Holds what a store tells of a run against what its event log adds up to.

import { XTrackError } from '../../protocol/errors.js';
import { isFinal } from '../../protocol/events.js';
import type { SearchQuery } from '../../storage/search/query.js';
import type { Value } from '../../storage/search/tree.js';
import type { RunRecord, Store, StoreReader, WorkerMark } from '../../storage/store.js';
import { ENTRY_KINDS, entryPages } from '../entry-pages.js';
import { canonical, digestSeries, seriesName } from '../run-digest.js';
import type { Findings } from './findings.js';
import type { LogLanes } from './refold.js';

/** Metrics, params and tags that are asked of a search at once; each is one more table to look in. */
const AT_ONCE = 20;
/** A single value is asked for so often before a search counts as impossible. */
const MOST_TRIES = 10;

/** Every event that counts as stored is in the log, and every one in the log counts. */
export async function compareMarks(store: StoreReader, runId: string, lanes: LogLanes, findings: Findings): Promise<void> {
  const marks = new Map((await store.getMarks(runId)).map((mark) => [JSON.stringify([mark.worker, mark.incarnation]), mark]));
  // Of what was refused the number counts, and the bytes are kept apart.
  const refused = new Set((await store.getWarnings(runId)).map(({ worker, seq }) => JSON.stringify([worker, seq])));
  for (const [name, mark] of marks) tellMissing(mark, lanes.get(name) ?? new Set(), refused, findings);
  for (const [name, seqs] of lanes) {
    const [worker, incarnation] = JSON.parse(name) as [string, string];
    const mark = marks.get(name);
    for (const seq of seqs)
      if (mark === undefined || !isMarked(mark, seq))
        findings.add('XT_VERIFY_MARK', `event ${seq} of worker '${worker}' (${incarnation}) is in the log and does not count as stored`);
  }
}

function isMarked({ contiguous, beyond }: WorkerMark, seq: number): boolean {
  return seq <= contiguous || beyond.some(({ from, to }) => from <= seq && seq <= to);
}

function tellMissing(mark: WorkerMark, seqs: ReadonlySet<number>, refused: ReadonlySet<string>, findings: Findings): void {
  const { worker, incarnation, contiguous, beyond, declared } = mark;
  for (const { from, to } of [{ from: 1, to: contiguous }, ...beyond]) {
    let since: number | undefined;
    const tell = (until: number): void => {
      if (since !== undefined)
        findings.add(
          'XT_VERIFY_HOLE',
          `events ${since} to ${until} of worker '${worker}' (${incarnation}) count as stored and are not in the log`,
        );
      since = undefined;
    };
    for (let seq = from; seq <= to; seq += 1) {
      const gap = declared.find((range) => range.from <= seq && seq <= range.to);
      if (gap !== undefined) {
        tell(seq - 1);
        seq = gap.to;
      } else if (seqs.has(seq) || refused.has(JSON.stringify([worker, seq]))) tell(seq - 1);
      else since ??= seq;
    }
    tell(to);
  }
}

/** Counts, status, tags and what ended it. What the control plane alone says of a run (its owner, an interruption) is no part of the log. */
export function compareRecords(stored: RunRecord, folded: RunRecord, findings: Findings): void {
  for (const type of new Set([...Object.keys(stored.counts), ...Object.keys(folded.counts)])) {
    const [is, should] = [stored.counts[type] ?? 0, folded.counts[type] ?? 0];
    if (is !== should) findings.add('XT_VERIFY_COUNTS', `${is} events of type ${type} are counted, ${should} are in the log`);
  }
  compareEnds(stored, folded, findings);
  for (const [key, value] of Object.entries(folded.tags))
    if (!Object.hasOwn(stored.tags, key) || stored.tags[key] !== value)
      findings.add('XT_VERIFY_TAGS', `tag ${key} is not what the log says`);
}

/** Its workers have said that they are done, and its process, which the log does not tell of, has not ended yet. */
export function awaitsProcess(stored: RunRecord, folded: RunRecord): boolean {
  return stored.process !== null && folded.exit === null && !isFinal(stored.status) && isFinal(folded.status);
}

function compareEnds(stored: RunRecord, folded: RunRecord, findings: Findings): void {
  if (awaitsProcess(stored, folded)) return;
  const [isOver, shouldBeOver] = [isFinal(stored.status), isFinal(folded.status)];
  if (isOver !== shouldBeOver || (isOver && stored.status !== folded.status))
    findings.add('XT_VERIFY_STATUS', `the run is ${stored.status}, by its log ${folded.status}`);
  else if (isOver)
    for (const part of ['endedAt', 'error', 'exit', 'finalMetrics'] as const)
      if (canonical(stored[part]) !== canonical(folded[part])) findings.add('XT_VERIFY_STATUS', `${part} is not what the log says`);
}

/** Params, artifacts, checkpoints, log lines, knobs and changes. Log lines may have been removed by a rule, the oldest first. */
export async function compareEntries(store: StoreReader, twin: StoreReader, runId: string, findings: Findings): Promise<void> {
  for (const kind of ENTRY_KINDS) {
    const [stored, folded] = [await entriesOf(store, runId, kind), await entriesOf(twin, runId, kind)];
    const removed = kind === 'log' ? Math.max(0, folded.length - stored.length) : 0;
    if (stored.length + removed !== folded.length) {
      findings.add('XT_VERIFY_ENTRIES', `there are ${stored.length} of kind ${kind}, ${folded.length} are in the log`);
      continue;
    }
    const at = stored.findIndex((entry, index) => entry !== folded[index + removed]);
    if (at >= 0) findings.add('XT_VERIFY_ENTRIES', `${kind} ${at + 1} is not what the log says: ${(stored[at] as string).slice(0, 200)}`);
  }
}

async function entriesOf(store: StoreReader, runId: string, kind: (typeof ENTRY_KINDS)[number]): Promise<string[]> {
  const all: string[] = [];
  for await (const page of entryPages(store, runId, kind)) all.push(...page.map(canonical));
  return all;
}

/** Summaries and points of every series, bit by bit. */
export async function compareSeries(store: StoreReader, twin: StoreReader, runId: string, findings: Findings): Promise<void> {
  const stored = new Map((await store.listSeries(runId)).map((series) => [seriesName(series), series]));
  const folded = new Map((await twin.listSeries(runId)).map((series) => [seriesName(series), series]));
  for (const [name, series] of folded) {
    const own = stored.get(name);
    if (own === undefined) findings.add('XT_VERIFY_SERIES', `series ${name} is missing`);
    else if (canonical(own) !== canonical(series)) findings.add('XT_VERIFY_SERIES', `series ${name}: its summary is not what the log says`);
    else if ((await digestSeries(store, own)) !== (await digestSeries(twin, series)))
      findings.add('XT_VERIFY_SERIES', `series ${name}: its points are not what the log says`);
  }
  for (const name of stored.keys()) if (!folded.has(name)) findings.add('XT_VERIFY_SERIES', `series ${name} is not in the log`);
}

/** What a search finds of the run by its metrics, params and tags. */
export async function compareSearch(store: StoreReader, twin: Store, runId: string, deleted: boolean, findings: Findings): Promise<void> {
  const folded = await twin.getRun(runId);
  const metrics = [...new Set((await twin.listSeries(runId)).map(({ key }) => key))];
  const values: Value[][] = [
    ...metrics.map((key) =>
      (['last', 'min', 'max', 'first', 'count'] as const).map((stat) => ({ kind: 'metric', key, phase: '', stat }) as const),
    ),
    ...(await paramsOf(twin, runId)).map((key) => [{ kind: 'param', key } as const]),
    ...Object.keys(folded?.tags ?? {}).map((key) => [{ kind: 'tag', key } as const]),
  ];
  for (let from = 0; from < values.length; from += AT_ONCE) {
    const select = values.slice(from, from + AT_ONCE).flat();
    const [is, should] = [await found(store, runId, select, deleted), await found(twin, runId, select, false)];
    select.forEach((value, at) => {
      if (!Object.is(is?.[at] ?? null, should?.[at] ?? null) && 'key' in value)
        findings.add(
          'XT_VERIFY_SEARCH',
          `a search finds ${value.kind} ${value.key} as ${is?.[at] ?? null}, by the log it is ${should?.[at] ?? null}`,
        );
    });
  }
}

async function paramsOf(twin: StoreReader, runId: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of entryPages(twin, runId, 'param')) for (const entry of page) if (entry.type === 'param') keys.push(entry.key);
  return [...new Set(keys)];
}

/** What a search finds in the run's row. Where a busy machine takes longer for it than a search may, fewer values are asked at once. */
async function found(
  store: StoreReader,
  runId: string,
  select: readonly Value[],
  deleted: boolean,
  tries = MOST_TRIES,
): Promise<readonly unknown[] | undefined> {
  const where = { kind: 'compare', operator: '=', left: { kind: 'field', field: 'id' }, right: { kind: 'text', value: runId } } as const;
  const query: SearchQuery = { where, orderBy: [], select, limit: 1, ...(deleted && { deleted: 'only' }) };
  try {
    return (await store.search(query)).values[0];
  } catch (error) {
    if (!(error instanceof XTrackError) || error.code !== 'XT_SEARCH_COST' || tries === 1) throw error;
  }
  if (select.length === 1) return await found(store, runId, select, deleted, tries - 1);
  const half = Math.ceil(select.length / 2);
  const first = await found(store, runId, select.slice(0, half), deleted);
  const rest = await found(store, runId, select.slice(half), deleted);
  return first && rest && [...first, ...rest];
}
