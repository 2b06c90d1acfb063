// What every command needs first: where the data is, how to open it, and where to talk to.

import { join } from 'node:path';
import type { Command } from 'commander';
import { dataDirectory as directoryInForce, XTrack } from '../index.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly data?: string;
  readonly database?: string;
  readonly json?: boolean;
}

/** Adds `--json`, `--data` and `--database`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print machine-readable JSON')
    .option('--data <dir>', 'data directory (default: $XTRACK_DATA, else ~/.xtrack)')
    .option(
      '--database <url>',
      'PostgreSQL that keeps the runs (default: $XTRACK_DATABASE, else SQLite in the data directory)',
      useDatabase,
    );
}

/** Holds for everything that this process opens, as the variable does. */
function useDatabase(url: string): string {
  process.env.XTRACK_DATABASE = url;
  return url;
}

/** The data directory, absolute. */
export function dataDirectory(options: CommonOptions): string {
  return directoryInForce(options.data);
}

/** The control socket of `xtrack serve` on a data directory. */
export function serveSocket(directory: string): string {
  return join(directory, 'control.sock');
}

/** The control socket of a control plane that lives only as long as one `xtrack run`. */
export function runSocket(directory: string, pid: number): string {
  return join(directory, `control.${pid}.sock`);
}

/** Runs `work` on the data directory, opened for queries only, so that it goes beside a live control plane. */
export async function reading<Result>(options: CommonOptions, work: (xtrack: XTrack) => Promise<Result>): Promise<Result> {
  return await using(await XTrack.start({ directory: dataDirectory(options), readOnly: true }), work);
}

/** Runs `work` on the data directory, opened for writing. */
export async function writing<Result>(options: CommonOptions, work: (xtrack: XTrack) => Promise<Result>): Promise<Result> {
  return await using(await XTrack.start({ directory: dataDirectory(options) }), work);
}

async function using<Result>(xtrack: XTrack, work: (xtrack: XTrack) => Promise<Result>): Promise<Result> {
  try {
    return await work(xtrack);
  } finally {
    await xtrack.close();
  }
}
