// `xtrack export RUN -o FILE`: the run's event log, byte for byte as its workers wrote it; or its points, params, logs … as a table.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { type ExportedTable, type ExportFormat, type XTrack, XTrackError } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { printJson, remark, writeData } from '../../output.js';
import { findRun } from '../../run-reference.js';
import { byteSize } from '../../terminal/number.js';

interface ExportCommandOptions extends CommonOptions {
  readonly output: string;
  readonly format?: ExportFormat | 'events';
  readonly what?: ExportedTable;
  readonly metrics?: string;
  readonly worker?: string;
  readonly experiment?: string;
}

type Subject = { readonly runId: string } | { readonly experimentId: string };

export function exportCommand(): Command {
  return new Command('export')
    .description('write the event log of a run, or a table of what it holds, to a file')
    .argument('[run]', 'run id, its beginning, or latest')
    .requiredOption('-o, --output <file>', 'file to write; - is stdout')
    .addOption(
      new Option('--format <format>', 'events: the log, which replays anywhere (default)').choices(['events', 'csv', 'jsonl', 'parquet']),
    )
    .addOption(new Option('--what <table>', 'which table (default: metrics)').choices(['metrics', 'params', 'tags', 'runs', 'logs']))
    .option('--metrics <list>', 'only these metrics, with commas')
    .option('--worker <id>', 'only the metrics of this worker')
    .option('--experiment <id>', 'all runs of this experiment in place of one run')
    .action(exportData);
}

async function exportData(reference: string | undefined, options: ExportCommandOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const subject = await subjectOf(xtrack, reference, options);
    const pieces = piecesOf(xtrack, subject, options);
    if (options.output === '-') {
      for await (const bytes of pieces) await writeData(bytes);
      return;
    }
    const bytes = await writeFile(pieces, options.output);
    if (options.json) await printJson({ ...subject, file: options.output, bytes });
    else remark(`wrote ${byteSize(bytes)} of ${'runId' in subject ? `run ${subject.runId}` : subject.experimentId} to ${options.output}`);
  });
}

async function subjectOf(xtrack: XTrack, reference: string | undefined, { experiment }: ExportCommandOptions): Promise<Subject> {
  if (reference === undefined && experiment !== undefined) return { experimentId: experiment };
  if (reference === undefined || experiment !== undefined)
    throw new XTrackError('XT_ARGUMENT', { detail: 'name either a run or an --experiment', field: 'RUN' });
  return { runId: (await findRun(xtrack, reference)).runId };
}

function piecesOf(xtrack: XTrack, subject: Subject, options: ExportCommandOptions): AsyncIterable<Uint8Array> {
  const { what, metrics, worker } = options;
  const ofTable = what !== undefined || metrics !== undefined || worker !== undefined || 'experimentId' in subject;
  const format = options.format ?? (ofTable ? 'csv' : 'events');
  if (format !== 'events') {
    const keys = metrics?.split(',').filter((key) => key !== '');
    return xtrack.exportTable(subject, { what: what ?? 'metrics', format, ...(keys && { keys }), ...(worker !== undefined && { worker }) });
  }
  if (ofTable || !('runId' in subject))
    throw new XTrackError('XT_ARGUMENT', {
      detail: 'the event log is of one whole run; a table needs another --format',
      field: '--format',
    });
  return xtrack.exportRun(subject.runId);
}

/** Bytes written. Throws XT_FILE; then the file holds only a beginning. */
async function writeFile(pieces: AsyncIterable<Uint8Array>, file: string): Promise<number> {
  const target = createWriteStream(file, { mode: 0o600 });
  try {
    await pipeline(Readable.from(pieces), target);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
  return target.bytesWritten;
}
