// `xtrack restore`: a run out of the trash, or a whole data directory out of a backup.

import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { restoreBackup, XTrackError } from '../../../index.js';
import { changeRuns } from '../../change-runs.js';
import { type CommonOptions, dataDirectory, reading } from '../../context.js';
import { print, printJson } from '../../output.js';
import { findDeletedRun } from '../../run-reference.js';

interface RestoreOptions extends CommonOptions {
  readonly force?: boolean;
}

const HELP = `
A name that is a file is a backup; anything else is a run in the trash. No control plane may run on the data directory
while a backup is restored; what it replaces with --force stays beside it as xtrack.db.replaced.`;

export function restoreCommand(): Command {
  return new Command('restore')
    .description('take runs out of the trash, or restore the data directory from a backup')
    .argument('<run or file...>', 'ids of runs in the trash, their beginnings, or latest; or one file that backup wrote')
    .option('--force', 'replace runs that are there by those of the backup')
    .addHelpText('after', HELP)
    .action(restore);
}

async function restore(names: string[], options: RestoreOptions): Promise<void> {
  const files = names.filter((name) => existsSync(name));
  const [file] = files;
  if (file === undefined) return await restoreRuns(names, options);
  if (names.length > 1) throw new XTrackError('XT_ARGUMENT', { detail: `${file} is a file: it is restored alone`, field: 'RUN' });
  const directory = dataDirectory(options);
  const restored = await restoreBackup({ file, directory, force: options.force ?? false });
  if (options.json) await printJson({ file, directory, ...restored });
  else await print(`restored ${restored.runs} ${restored.runs === 1 ? 'run' : 'runs'} to ${directory}`);
}

async function restoreRuns(references: readonly string[], options: RestoreOptions): Promise<void> {
  const runs = await reading(options, async (xtrack) => {
    const found = new Map<string, true>();
    for (const reference of references) found.set((await findDeletedRun(xtrack, reference)).runId, true);
    return [...found.keys()];
  });
  await changeRuns(options, 'restore', runs, async (runId) => {
    if (!options.json) await print(`restored ${runId}`);
  });
  if (options.json) await printJson({ restored: runs });
}
