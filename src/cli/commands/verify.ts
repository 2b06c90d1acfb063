// `xtrack verify RUN… | --all`: counts everything anew from the event log, and says what differs.

import { Command } from 'commander';
import { type VerifiedRun, XTrackError } from '../../index.js';
import { type CommonOptions, reading } from '../context.js';
import { print, printJson } from '../output.js';
import { findRun } from '../run-reference.js';

interface VerifyOptions extends CommonOptions {
  readonly all?: boolean;
}

const HELP = `
It reads only, also beside a server; of a run that goes on it may tell what has just come as a difference. Exit code 1 where something differs.`;

export function verifyCommand(): Command {
  return new Command('verify')
    .description('count everything of runs anew from their event logs, and say what differs')
    .argument('[run...]', 'run ids, their beginnings, or latest')
    .option('--all', 'every run, those in the trash too')
    .addHelpText('after', HELP)
    .action(verify);
}

async function verify(references: readonly string[], options: VerifyOptions): Promise<void> {
  if ((references.length === 0) === (options.all !== true))
    throw new XTrackError('XT_ARGUMENT', { detail: 'name the runs, or say --all', field: 'run' });
  await reading(options, async (xtrack) => {
    const runIds = await Promise.all(references.map(async (reference) => (await findRun(xtrack, reference)).runId));
    const runs: VerifiedRun[] = [];
    for await (const run of xtrack.verify(options.all === true ? {} : { runIds })) {
      runs.push(run);
      if (options.json !== true) await tell(run);
    }
    const damaged = runs.filter(({ findings }) => findings.length > 0).length;
    if (damaged > 0) process.exitCode = 1;
    if (options.json === true) return await printJson({ runs });
    const all = damaged === 0 ? 'all as their event logs say' : `${damaged} of them differ from their event logs`;
    await print(`${runs.length} runs, ${all}`);
  });
}

async function tell({ runId, name, events, findings }: VerifiedRun): Promise<void> {
  await print(`${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${runId}  ${name ?? ''}  ${events} events`);
  for (const { code, detail } of findings) await print(`      ${code}  ${detail}`);
}
