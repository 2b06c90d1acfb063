// `xtrack delete RUN…`: moves runs to the trash, or removes them for good, after asking.

import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { type Run, type XTrack, XTrackError } from '../../../index.js';
import { changeRuns } from '../../change-runs.js';
import { type CommonOptions, reading } from '../../context.js';
import { print, printJson, tell } from '../../output.js';
import { findRun } from '../../run-reference.js';
import { plainText } from '../../terminal/text.js';

interface DeleteOptions extends CommonOptions {
  readonly purge?: boolean;
  readonly yes?: boolean;
}

export function deleteCommand(): Command {
  return new Command('delete')
    .description('move runs to the trash, from where `restore` brings them back; files that they only refer to stay')
    .argument('<run...>', 'run ids, their beginnings, or latest')
    .option('--purge', 'for good: events, metrics, logs and all')
    .option('-y, --yes', 'with --purge: do not ask')
    .action(remove);
}

async function remove(references: string[], options: DeleteOptions): Promise<void> {
  const runs = await reading(options, (xtrack) => findAll(xtrack, references));
  const purge = options.purge === true;
  if (purge && !options.yes && !(await confirmed(runs)))
    throw new XTrackError('XT_ARGUMENT', { detail: 'nothing was deleted: not confirmed' });
  const ids = runs.map(({ runId }) => runId);
  await changeRuns(options, purge ? 'purge' : 'delete', ids, async (runId) => {
    if (!options.json) await print(purge ? `deleted ${runId}` : `moved ${runId} to the trash`);
  });
  if (options.json) await printJson(purge ? { deleted: ids } : { trashed: ids });
}

/** Every run once, though it may be named twice. */
async function findAll(xtrack: XTrack, references: readonly string[]): Promise<Run[]> {
  const runs = new Map<string, Run>();
  for (const reference of references) {
    const run = await findRun(xtrack, reference);
    runs.set(run.runId, run);
  }
  return [...runs.values()];
}

async function confirmed(runs: readonly Run[]): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new XTrackError('XT_ARGUMENT', { detail: 'there is no terminal to ask for confirmation on: --yes is needed', field: '--yes' });
  }
  for (const run of runs) tell(`${run.runId}  ${run.status}  ${plainText(run.name ?? '')}`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Delete ${runs.length === 1 ? 'this run' : `these ${runs.length} runs`} for good? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
