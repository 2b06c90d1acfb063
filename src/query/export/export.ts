// Tables of one run or of all runs of an experiment as the bytes of a file.

import { XTrackError } from '../../protocol/index.js';
import type { RunRecord, StoreReader } from '../../storage/store.js';
import type { StreamMetricsOptions } from '../series/stream.js';
import type { Table } from './table.js';
import { type ExportedTable, tableOf } from './tables.js';
import { csvBytes, jsonLineBytes } from './text-rows.js';

export type ExportFormat = 'csv' | 'jsonl' | 'parquet';

export interface ExportOptions extends StreamMetricsOptions {
  readonly what: ExportedTable;
  readonly format: ExportFormat;
}

/** Runs read at once. */
const PAGE = 200;

export async function* exportBytes(reader: StoreReader, runs: readonly RunRecord[], options: ExportOptions): AsyncGenerator<Uint8Array> {
  yield* await write(tableOf(reader, runs, options.what, options), options.format);
}

/** Newest first. Errors: XT_RUN_NOT_FOUND where the experiment has none. */
export async function runsOf(reader: StoreReader, experimentId: string): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  for (;;) {
    const page = await reader.findRuns({ experimentId, limit: PAGE, offset: runs.length });
    runs.push(...page);
    if (page.length < PAGE) break;
  }
  if (runs.length === 0)
    throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run of experiment '${experimentId}'`, field: 'experimentId' });
  return runs;
}

async function write(table: Table, format: ExportFormat): Promise<AsyncGenerator<Uint8Array>> {
  if (format === 'csv') return csvBytes(table);
  if (format === 'jsonl') return jsonLineBytes(table);
  // Loaded for those who ask for it.
  const { parquetBytes } = await import('./parquet.js');
  return parquetBytes(table);
}
