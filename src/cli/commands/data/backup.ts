// `xtrack backup FILE`: a consistent copy of the store, while everything goes on.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type CommonOptions, reading } from '../../context.js';
import { print, printJson } from '../../output.js';
import { byteSize } from '../../terminal/number.js';

const HELP = `
A file that is there is replaced once the new one is whole. \`xtrack restore FILE\` brings it back.
It holds the store: runs, events, metrics, logs. Media in files of their own and spools stay in the data directory.`;

export function backupCommand(): Command {
  return new Command('backup')
    .description('write a copy of the store to a file, also while runs go on')
    .argument('<file>', 'file to write; compressed where its name ends in .gz')
    .addHelpText('after', HELP)
    .action(backUp);
}

async function backUp(name: string, options: CommonOptions): Promise<void> {
  const file = resolve(name);
  await reading(options, (xtrack) => xtrack.backup(file));
  const bytes = statSync(file).size;
  if (options.json) await printJson({ file, bytes });
  else await print(`wrote ${byteSize(bytes)} to ${file}`);
}
