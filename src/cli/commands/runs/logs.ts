// `xtrack logs RUN`: what a run logged and what its process printed, from the store, and with --follow as it comes.

import { Command } from 'commander';
import type { LogEntry, XTrack } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { followRun } from '../../follow.js';
import { toJson, write } from '../../output.js';
import { findRun } from '../../run-reference.js';
import { harmless, plainText } from '../../terminal/text.js';

/** Entries read at once. */
const PAGE = 1_000;

interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
}

export function logsCommand(): Command {
  return new Command('logs')
    .description('print the logs and the captured output of a run; with --json one JSON object a line')
    .argument('<run>', 'run id, its beginning, or latest')
    .option('-f, --follow', 'go on until the run ends')
    .action(logs);
}

async function logs(reference: string, options: LogsOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const { runId } = await findRun(xtrack, reference);
    for await (const entry of options.follow ? following(xtrack, runId) : stored(xtrack, runId)) {
      await write(`${options.json ? toJson(jsonOf(entry)) : textOf(entry)}\n`);
    }
  });
}

async function* stored(xtrack: XTrack, runId: string): AsyncGenerator<LogEntry> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await xtrack.getLogs(runId, { offset, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
  }
}

/** From the store alone, so that it works whichever control plane has the run. */
async function* following(xtrack: XTrack, runId: string): AsyncGenerator<LogEntry> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const nothingLive = { reader: xtrack, subscribe: async () => undefined };
  for await (const update of followRun(nothingLive, runId, interrupted.signal)) if (update.kind === 'log') yield update.entry;
}

function textOf({ ts, level, logger, message }: LogEntry): string {
  if (logger === 'stdout' || logger === 'stderr') return shown(message);
  const time = new Date(ts / 1000).toISOString();
  return shown(`${time} ${level} ${message}`);
}

/** One line on a terminal; in a pipe its own lines stay. */
function shown(text: string): string {
  return process.stdout.isTTY ? plainText(text) : harmless(text, false);
}

function jsonOf({ ts, level, logger, message, worker, seq, step, fields }: LogEntry): object {
  return { ts, level, logger: logger ?? null, message, worker, seq, step: step ?? null, fields: fields ?? null };
}
