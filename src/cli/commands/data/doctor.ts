// `xtrack doctor`: looks the data directory over.

import { Command } from 'commander';
import { diagnose } from '../../../doctor.js';
import { type CommonOptions, dataDirectory } from '../../context.js';
import { print, printJson } from '../../output.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look the data directory over: what is sound, what is not, and what to do; changes nothing')
    .addHelpText(
      'after',
      '\nIt reads the whole database. Exit code 1 where something failed. `python -m xtrack doctor` does the same for an emitter.',
    )
    .action(doctor);
}

async function doctor(options: CommonOptions): Promise<void> {
  const directory = dataDirectory(options);
  const checks = await diagnose(directory);
  if (checks.some(({ state }) => state === 'FAIL')) process.exitCode = 1;
  if (options.json === true) return await printJson({ directory, checks });
  for (const { check, state, detail, remedy } of checks) {
    await print(`${state.padEnd(4)}  ${check.padEnd(14)}  ${detail}`);
    if (remedy !== null) await print(`${' '.repeat(22)}→ ${remedy}`);
  }
}
