// `xtrack export RUN -o FILE`: the run's event log, byte for byte as its workers wrote it; replays anywhere.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { type XTrack, XTrackError } from '../../index.js';
import { type CommonOptions, reading } from '../context.js';
import { printJson, remark, write } from '../output.js';
import { findRun } from '../run-reference.js';
import { byteSize } from '../terminal/number.js';

interface ExportOptions extends CommonOptions {
  readonly output: string;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('write the event log of a run to a file')
    .argument('<run>', 'run id, its beginning, or latest')
    .requiredOption('-o, --output <file>', 'file to write; - is stdout')
    .action(exportRun);
}

async function exportRun(reference: string, options: ExportOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const { runId } = await findRun(xtrack, reference);
    if (options.output === '-') {
      for await (const bytes of xtrack.exportRun(runId)) await write(bytes);
      return;
    }
    const bytes = await writeFile(xtrack, runId, options.output);
    if (options.json) await printJson({ runId, file: options.output, bytes });
    else remark(`wrote ${byteSize(bytes)} of run ${runId} to ${options.output}`);
  });
}

/** Bytes written. Throws XT_FILE; then the file holds only a beginning. */
async function writeFile(xtrack: XTrack, runId: string, file: string): Promise<number> {
  const target = createWriteStream(file, { mode: 0o600 });
  try {
    await pipeline(Readable.from(xtrack.exportRun(runId)), target);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
  return target.bytesWritten;
}
