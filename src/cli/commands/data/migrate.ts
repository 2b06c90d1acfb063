// `xtrack migrate`: all runs from one store to another, compared at the end.

import { Command } from 'commander';
import { type MigrationProgress, type MigrationReport, migrateStore, XTrackError } from '../../../index.js';
import type { CommonOptions } from '../../context.js';
import { print, printJson, remark } from '../../output.js';

interface MigrateCommandOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly verifyOnly?: boolean;
}

/** Time between two lines of progress where stderr is no terminal (ms), and on one. */
const EVERY_MS = { log: 10_000, terminal: 200 } as const;

const HELP = `
A place is a data directory (SQLite) or postgres://user@host/database. What is at the source stays as it is. Cut off, it goes
on where it was with the next call. Live runs are left out: migrate again when they have ended.`;

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('copy all runs to another store, and compare them byte by byte and point by point')
    .requiredOption('--from <place>', 'where the runs are')
    .requiredOption('--to <place>', 'where they are to be')
    .option('--verify-only', 'copy nothing, only compare')
    .addHelpText('after', HELP)
    .action(migrate);
}

async function migrate({ from, to, verifyOnly = false, json }: MigrateCommandOptions): Promise<void> {
  const telling = json === true ? undefined : new Telling();
  const report = await migrateStore({ from, to, verifyOnly, onProgress: (progress) => telling?.tell(progress) });
  telling?.end();
  if (json) await printJson(report);
  else await print(...lines(report));
  const [first] = report.different;
  if (first !== undefined)
    throw new XTrackError('XT_COPY_DIFFERS', {
      detail: `${report.different.length} of ${report.runs} runs differ, run '${first.runId}' in ${first.parts.slice(0, 5).join(', ')}`,
    });
}

function lines({ runs, copied, live, verified }: MigrationReport): string[] {
  return [
    `${runs} runs: ${copied.length} copied, ${verified} compared and equal`,
    ...(live.length === 0 ? [] : [`${live.length} are live and were left out: ${live.slice(0, 5).join(', ')}`]),
  ];
}

/** Progress on stderr: one line that changes on a terminal, a line now and then elsewhere. */
class Telling {
  readonly #terminal = process.stderr.isTTY;
  #last = performance.now();
  #shown = false;

  tell({ phase, done, runs, points }: MigrationProgress): void {
    const now = performance.now();
    if (now - this.#last < (this.#terminal ? EVERY_MS.terminal : EVERY_MS.log)) return;
    this.#last = now;
    const text = `${phase === 'copy' ? 'copying' : 'comparing'} run ${done + 1} of ${runs}, ${points} points copied`;
    if (!this.#terminal) {
      remark(text);
      return;
    }
    process.stderr.write(`\r\u001b[K${text}`);
    this.#shown = true;
  }

  end(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
  }
}
