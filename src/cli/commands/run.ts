// `xtrack run -- CMD…`: runs a command under a control plane, shows it live, and exits as the command did.

import { Command } from 'commander';
import type { StartRunOptions } from '../../index.js';
import { isFinal } from '../../protocol/events.js';
import { type CommonOptions, dataDirectory, reading } from '../context.js';
import { exitCodeOf } from '../exit-code.js';
import { openHost } from '../host.js';
import { gatherPairs, numberFrom } from '../key-value.js';
import { printJson } from '../output.js';
import { runDetails } from '../run-json.js';
import { supervise } from '../supervise.js';

/** Exit code when the user left a run that goes on: what a shell reports for Ctrl-C. */
const LEFT = 130;

interface RunCommandOptions extends CommonOptions {
  readonly name?: string;
  readonly experiment?: string;
  readonly parent?: string;
  readonly cwd?: string;
  readonly runId?: string;
  readonly tag?: Map<string, string>;
  readonly env?: Map<string, string>;
  /** Seconds. */
  readonly systemMetrics?: number | false;
  readonly mask?: boolean;
}

export function runCommand(): Command {
  return new Command('run')
    .description('run a command under XTrack; its stdout and stderr stay its own')
    .argument('<command...>', 'the command and its arguments, after --')
    .passThroughOptions()
    .option('--name <name>', 'name of the run')
    .option('--experiment <id>', 'experiment that it belongs to')
    .option('--tag <k=v>', 'a tag; may be given several times', gatherPairs('--tag'))
    .option('--env <k=v>', 'a variable for the command; may be given several times', gatherPairs('--env'))
    .option('--parent <run>', 'id of the parent run')
    .option('--cwd <dir>', 'folder to run in')
    .option('--run-id <id>', 'id of the run (default: a new one)')
    .option(
      '--system-metrics <seconds>',
      'time between two samples of CPU, memory, disk, network and GPU (default: 10)',
      numberFrom('--system-metrics', 0.01, false),
    )
    .option('--no-mask', 'record secrets in the command, its output, its params and its tags as they are')
    .option('--no-system-metrics', 'take no such samples')
    .action(run);
}

async function run(words: string[], options: RunCommandOptions): Promise<void> {
  const json = options.json === true;
  const host = await openHost(dataDirectory(options));
  const ended = await supervise(host, startOptions(words, options), json).finally(() => host.close());
  if (json) await printJson(await reading(options, (xtrack) => runDetails(xtrack, ended)));
  process.exitCode = isFinal(ended.status) ? exitCodeOf(ended) : LEFT;
}

function startOptions([command = '', ...args]: string[], options: RunCommandOptions): StartRunOptions {
  return {
    command,
    args,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.experiment !== undefined && { experimentId: options.experiment }),
    ...(options.parent !== undefined && { parentRunId: options.parent }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.runId !== undefined && { runId: options.runId }),
    ...(options.tag !== undefined && { tags: Object.fromEntries(options.tag) }),
    env: { ...(options.mask === false && { XTRACK_MASK: 'off' }), ...Object.fromEntries(options.env ?? []) },
    ...(options.systemMetrics !== undefined && { systemMetrics: sampling(options.systemMetrics) }),
  };
}

function sampling(seconds: number | false): false | { intervalMs: number } {
  return seconds === false ? false : { intervalMs: seconds * 1000 };
}
