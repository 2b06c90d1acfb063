// `xtrack delete RUN…`: removes runs and all that belongs to them, after asking.

import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { type Run, type XTrack, XTrackError } from '../../index.js';
import { ControlClient } from '../../server/control-client.js';
import { type CommonOptions, dataDirectory, reading, serveSocket, writing } from '../context.js';
import { print, printJson } from '../output.js';
import { findRun } from '../run-reference.js';
import { plainText } from '../terminal/text.js';

interface DeleteOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function deleteCommand(): Command {
  return new Command('delete')
    .description('delete runs with their events, metrics and logs; files that they only refer to stay')
    .argument('<run...>', 'run ids, their beginnings, or latest')
    .option('-y, --yes', 'do not ask')
    .action(remove);
}

async function remove(references: string[], options: DeleteOptions): Promise<void> {
  const runs = await reading(options, (xtrack) => findAll(xtrack, references));
  if (!options.yes && !(await confirmed(runs))) throw new XTrackError('XT_ARGUMENT', { detail: 'nothing was deleted: not confirmed' });
  await withDeleter(options, async (deleteRun) => {
    for (const { runId } of runs) {
      await deleteRun(runId);
      if (!options.json) await print(`deleted ${runId}`);
    }
  });
  if (options.json) await printJson({ deleted: runs.map(({ runId }) => runId) });
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
  for (const run of runs) process.stderr.write(`${run.runId}  ${run.status}  ${plainText(run.name ?? '')}\n`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Delete ${runs.length === 1 ? 'this run' : `these ${runs.length} runs`} for good? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

/** Through the server of the data directory where there is one, so that it forgets the runs too. */
async function withDeleter(options: CommonOptions, work: (deleteRun: (runId: string) => Promise<unknown>) => Promise<void>): Promise<void> {
  const client = await ControlClient.connect(serveSocket(dataDirectory(options)));
  if (client === undefined) return await writing(options, (xtrack) => work((runId) => xtrack.deleteRun(runId)));
  try {
    await work((runId) => client.call('deleteRun', { runId }));
  } finally {
    client.close();
  }
}
