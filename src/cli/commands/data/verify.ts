// `xtrack verify RUN… | --all`: counts everything anew from the event log, and says what differs.

import { Command } from 'commander';
import { ERRORS, type VerifiedRun, XTrackError } from '../../../index.js';
import { type CommonOptions, reading, writing } from '../../context.js';
import { print, printJson } from '../../output.js';
import { findRun } from '../../run-reference.js';

interface VerifyOptions extends CommonOptions {
  readonly all?: boolean;
  readonly repair?: boolean;
}

const HELP = `
Without --repair it reads only, also beside a server; of a run that goes on it may tell what has just come as a difference. Exit code 1 where
something differs, with --repair where something still does.

--repair makes anew what is derived from the log (counts, marks, summaries, series, params, log lines, what searches read), each run in one
transaction. A run that a living control plane holds is not touched (named: exit code 5). The log itself is never changed.`;

export function verifyCommand(): Command {
  return new Command('verify')
    .description('count everything of runs anew from their event logs, and say what differs')
    .argument('[run...]', 'run ids, their beginnings, or latest')
    .option('--all', 'every run, those in the trash too')
    .option('--repair', 'make anew from the event log what differs')
    .addHelpText('after', HELP)
    .action(verify);
}

async function verify(references: readonly string[], options: VerifyOptions): Promise<void> {
  if ((references.length === 0) === (options.all !== true))
    throw new XTrackError('XT_ARGUMENT', { detail: 'name the runs, or say --all', field: 'run' });
  const repair = options.repair === true;
  await (repair ? writing : reading)(options, async (xtrack) => {
    const runIds = await Promise.all(references.map(async (reference) => (await findRun(xtrack, reference)).runId));
    const runs: VerifiedRun[] = [];
    for await (const run of xtrack.verify(options.all === true ? { repair } : { runIds, repair })) {
      runs.push(run);
      if (options.json !== true) await tell(run);
    }
    process.exitCode = exitCodeOf(runs, options.all === true);
    if (options.json === true) return await printJson({ runs });
    await print(summaryOf(runs));
  });
}

/** What was asked for by name and is held by somebody is no success, whatever was found. */
function exitCodeOf(runs: readonly VerifiedRun[], all: boolean): number {
  const refused = all ? undefined : runs.find((run) => run.refused !== undefined)?.refused;
  if (refused !== undefined) return ERRORS[refused.code].exit;
  return runs.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function summaryOf(runs: readonly VerifiedRun[]): string {
  const damaged = runs.filter(({ findings }) => findings.length > 0).length;
  const mended = runs.filter(({ repaired = [] }) => repaired.length > 0).length;
  const all = damaged === 0 ? 'all as their event logs say' : `${damaged} of them differ from their event logs`;
  return `${runs.length} runs, ${mended > 0 ? `${mended} repaired, ` : ''}${all}`;
}

async function tell({ runId, name, events, findings, repaired = [], refused }: VerifiedRun): Promise<void> {
  await print(`${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${runId}  ${name ?? ''}  ${events} events`);
  for (const { code, detail } of repaired) await print(`      repaired  ${code}  ${detail}`);
  if (refused !== undefined) await print(`      not repaired  ${refused.code}  ${refused.detail}`);
  for (const { code, detail } of findings) await print(`      ${code}  ${detail}`);
}
