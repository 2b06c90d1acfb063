#!/usr/bin/env node
// The `xtrack` command: what it can do, and what becomes of whatever goes wrong.

import { Command, CommanderError } from 'commander';
import { packageVersion } from '../package/root.js';
import { ERRORS, XTrackError } from '../protocol/errors.js';
import { commandCommand } from './commands/command.js';
import { backupCommand } from './commands/data/backup.js';
import { doctorCommand } from './commands/data/doctor.js';
import { gcCommand } from './commands/data/gc.js';
import { migrateCommand } from './commands/data/migrate.js';
import { restoreCommand } from './commands/data/restore.js';
import { verifyCommand } from './commands/data/verify.js';
import { demoCommand } from './commands/demo.js';
import { keysCommand } from './commands/keys.js';
import { mcpCommand } from './commands/mcp.js';
import { runCommand } from './commands/run.js';
import { bestCommand } from './commands/runs/best.js';
import { compareCommand } from './commands/runs/compare.js';
import { deleteCommand } from './commands/runs/delete.js';
import { exportCommand } from './commands/runs/export.js';
import { inspectCommand } from './commands/runs/inspect.js';
import { listCommand } from './commands/runs/list.js';
import { logsCommand } from './commands/runs/logs.js';
import { metricsCommand } from './commands/runs/metrics.js';
import { replayCommand } from './commands/runs/replay.js';
import { searchCommand } from './commands/runs/search.js';
import { sensitivityCommand } from './commands/runs/sensitivity.js';
import { setCommand } from './commands/runs/set.js';
import { showCommand } from './commands/runs/show.js';
import { stopCommand } from './commands/runs/stop.js';
import { serveCommand } from './commands/serve.js';
import { topCommand } from './commands/top.js';
import { withCommonOptions } from './context.js';
import { endOnClosedPipe, printError } from './output.js';

/** In the order of the help. */
const COMMANDS = [
  runCommand,
  serveCommand,
  demoCommand,
  topCommand,
  listCommand,
  searchCommand,
  compareCommand,
  bestCommand,
  sensitivityCommand,
  showCommand,
  metricsCommand,
  logsCommand,
  stopCommand,
  commandCommand,
  setCommand,
  mcpCommand,
  exportCommand,
  replayCommand,
  inspectCommand,
  deleteCommand,
  restoreCommand,
  keysCommand,
  gcCommand,
  verifyCommand,
  doctorCommand,
  backupCommand,
  migrateCommand,
];

const HELP = `
RUN is a run id, the beginning of one, or \`latest\`.
Results go to stdout, everything else to stderr. With --json an error is one line {"error":{code,message,field,remedy}}.
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 store, file or listener · 4 not found · 5 not possible in this state;
\`run\` exits with the child's code (128 + n for signal n, 127 when it cannot be started).`;

function program(): Command {
  const xtrack = new Command('xtrack')
    .description('Runs experiments, keeps every event of them, and answers questions about them.')
    .version(packageVersion(), '-V, --version')
    .enablePositionalOptions()
    .addHelpText('after', HELP);
  for (const command of COMMANDS) {
    const added = withCommonOptions(command());
    xtrack.addCommand(added);
    throwOnUsage(added);
  }
  throwOnUsage(xtrack);
  return xtrack;
}

/** Usage errors are thrown, and printed like any other error. */
function throwOnUsage(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const part of command.commands) throwOnUsage(part);
}

/** A usage error in the words of commander; undefined where it has printed the help instead. */
function usageError(thrown: CommanderError): XTrackError | undefined {
  if (thrown.exitCode === 0 || thrown.code === 'commander.help') return undefined;
  return new XTrackError('XT_ARGUMENT', { detail: thrown.message.replace(/^error: /, '') });
}

async function main(): Promise<void> {
  endOnClosedPipe();
  try {
    await program().parseAsync();
  } catch (thrown) {
    const usage = thrown instanceof CommanderError;
    const error = usage ? usageError(thrown) : XTrackError.from(thrown, 'XT_INTERNAL');
    if (error !== undefined) printError(error, process.argv.includes('--json'));
    process.exitCode = error === undefined ? (thrown as CommanderError).exitCode && 2 : ERRORS[error.code].exit;
  }
}

await main();
