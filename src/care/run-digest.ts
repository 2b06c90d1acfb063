// Everything that a store tells of a run, as digests part by part: two stores hold the same run where they are equal.

import { createHash, type Hash } from 'node:crypto';
import type { SeriesSummary, StoreReader } from '../storage/store.js';
import { compareText, encodeJson } from '../storage/text.js';
import { ENTRY_KINDS, entryPages } from './entry-pages.js';

/** SHA-256 by part: `record`, `blocks`, `param`, `series val/loss` … */
export type RunDigest = ReadonlyMap<string, string>;

/** Bytes of the event log, block by block, and every number of every series bit by bit; the order of keys in JSON does not count. */
export async function digestRun(store: StoreReader, runId: string): Promise<RunDigest> {
  const parts = new Map<string, string>();
  parts.set('record', digestOf([await store.getRun(runId)]));
  parts.set('blocks', await digestBlocks(store, runId));
  const marks = await store.getMarks(runId);
  const named = marks.map((mark) => ({ name: JSON.stringify([mark.worker, mark.incarnation]), mark }));
  parts.set('marks', digestOf(named.sort((a, b) => compareText(a.name, b.name)).map(({ mark }) => mark)));
  parts.set('commands', digestOf(await store.getCommands(runId)));
  parts.set('warnings', digestOf(await store.getWarnings(runId)));
  if (store.getDeadLetters !== undefined)
    parts.set('dead letters', digestOf((await store.getDeadLetters(runId)).map(({ bytes, ...rest }) => ({ ...rest, bytes: [...bytes] }))));
  for (const kind of ENTRY_KINDS) {
    const hash = createHash('sha256');
    for await (const page of entryPages(store, runId, kind)) addRecords(hash, page);
    parts.set(kind, hash.digest('hex'));
  }
  for (const series of await store.listSeries(runId)) parts.set(`series ${seriesName(series)}`, await digestSeries(store, series));
  return parts;
}

/** The parts that differ, by name. */
export function differences(a: RunDigest, b: RunDigest): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((part) => a.get(part) !== b.get(part)).sort(compareText);
}

export function seriesName({ key, phase, worker, aggregation }: SeriesSummary): string {
  return [key, phase, aggregation, worker].filter((part) => part !== '').join(' · ');
}

async function digestBlocks(store: StoreReader, runId: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const { bytes, events, implied } of store.readBlocks(runId)) {
    hash.update(`${bytes.length} ${events} ${canonical(implied)}\n`);
    hash.update(bytes);
  }
  return hash.digest('hex');
}

/** The summary, and each column on its own: where the pages end does not count. */
export async function digestSeries(store: StoreReader, summary: SeriesSummary): Promise<string> {
  const columns = ['seq', 'step', 'epoch', 'ts', 'value'] as const;
  const hashes = columns.map(() => createHash('sha256'));
  let incarnation: string | undefined;
  for await (const page of store.readPoints(summary)) {
    for (const [at, column] of columns.entries()) {
      const hash = hashes[at] as Hash;
      if (page.incarnation !== incarnation) hash.update(`\nincarnation ${JSON.stringify(page.incarnation)}\n`);
      hash.update(bitsOf(page[column]));
    }
    incarnation = page.incarnation;
  }
  return createHash('sha256')
    .update(canonical(summary))
    .update(hashes.map((hash) => hash.digest('hex')).join('\n'))
    .digest('hex');
}

/** Of the many bit patterns of NaN, one: which of them it is means nothing. */
function bitsOf(column: Float64Array): Uint8Array {
  const bits = column.map((number) => (Number.isNaN(number) ? Number.NaN : number));
  return new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
}

function digestOf(records: readonly unknown[]): string {
  const hash = createHash('sha256');
  addRecords(hash, records);
  return hash.digest('hex');
}

function addRecords(hash: Hash, records: readonly unknown[]): void {
  for (const record of records) hash.update(`${canonical(record)}\n`);
}

export function canonical(value: unknown): string {
  return encodeJson(ordered(value));
}

/** Keys in order, without those that hold nothing. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => compareText(a, b)).map(([key, inner]) => [key, ordered(inner)]));
}
