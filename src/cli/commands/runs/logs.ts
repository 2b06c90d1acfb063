// `xtrack logs RUN`: what a run logged and what its process printed, from the store, and with --follow as it comes.

import { Command, InvalidArgumentError, Option } from 'commander';
import type { LogEntry, LogLevel, XTrack } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { followRun } from '../../follow.js';
import { toJson, write } from '../../output.js';
import { findRun } from '../../run-reference.js';
import { harmless, plainText } from '../../terminal/text.js';

/** Entries read at once. */
const PAGE = 1_000;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

interface LogsOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly tail?: number;
  /** This one and graver ones. */
  readonly level?: LogLevel;
  readonly grep?: RegExp;
}

export function logsCommand(): Command {
  return new Command('logs')
    .description('print the logs and the captured output of a run; with --json one JSON object a line')
    .argument('<run>', 'run id, its beginning, or latest')
    .option('-f, --follow', 'go on until the run ends')
    .option('-n, --tail <lines>', 'only the last so many lines of those that pass', readCount)
    .addOption(new Option('--level <level>', 'only lines of this level and graver ones').choices(LEVELS))
    .option('--grep <pattern>', 'only lines whose message the regular expression (of JavaScript) finds something in', readPattern)
    .action(logs);
}

async function logs(reference: string, options: LogsOptions): Promise<void> {
  await reading(options, async (xtrack) => {
    const { runId } = await findRun(xtrack, reference);
    for await (const entry of linesOf(xtrack, runId, options)) await write(`${options.json ? toJson(jsonOf(entry)) : textOf(entry)}\n`);
    if (options.follow !== true && options.json !== true) await printPending(xtrack, runId);
  });
}

function linesOf(xtrack: XTrack, runId: string, options: LogsOptions): AsyncGenerator<LogEntry> {
  if (options.follow) return following(xtrack, runId, options);
  return options.tail === undefined ? stored(xtrack, runId, options) : newest(xtrack, runId, options, options.tail);
}

/** Bars as they are now: no line of the log yet. */
async function printPending(xtrack: XTrack, runId: string): Promise<void> {
  const { stdout, stderr } = await xtrack.getPendingOutput(runId);
  for (const row of [...stdout, ...stderr]) await write(`${shown(row)}\n`);
}

async function* stored(xtrack: XTrack, runId: string, options: LogsOptions): AsyncGenerator<LogEntry> {
  for (let offset = 0; ; offset += PAGE) {
    const page = await xtrack.getLogs(runId, { offset, limit: PAGE, ...levelsOf(options) });
    yield* page.filter((entry) => passes(entry, options));
    if (page.length < PAGE) return;
  }
}

/** The last `count` that pass, read from the end. */
async function* newest(xtrack: XTrack, runId: string, options: LogsOptions, count: number): AsyncGenerator<LogEntry> {
  let found: LogEntry[] = [];
  for (let end = await xtrack.countLogs(runId, levelsOf(options)); end > 0 && found.length < count; ) {
    const offset = Math.max(0, end - PAGE);
    const page = await xtrack.getLogs(runId, { offset, limit: end - offset, ...levelsOf(options) });
    found = [...page.filter((entry) => passes(entry, options)), ...found];
    end = offset;
  }
  yield* count === 0 ? [] : found.slice(-count);
}

function levelsOf({ level }: LogsOptions): { readonly levels?: readonly LogLevel[] } {
  return level === undefined ? {} : { levels: LEVELS.slice(LEVELS.indexOf(level)) };
}

function passes({ level, message }: LogEntry, { level: least, grep }: LogsOptions): boolean {
  return (least === undefined || LEVELS.indexOf(level) >= LEVELS.indexOf(least)) && (grep === undefined || grep.test(message));
}

function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number, 0 or more.');
  return Number(text);
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new InvalidArgumentError(`It is no regular expression: ${(error as Error).message}.`);
  }
}

/** From the store alone, so that it works whichever control plane has the run. With `tail`, what was there is held back up to its end. */
async function* following(xtrack: XTrack, runId: string, options: LogsOptions): AsyncGenerator<LogEntry> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const nothingLive = { reader: xtrack, subscribe: async () => undefined };
  let held = options.tail === undefined ? undefined : new Last<LogEntry>(options.tail);
  for await (const update of followRun(nothingLive, runId, interrupted.signal)) {
    if (update.kind === 'run' && held !== undefined) {
      yield* held.all;
      held = undefined;
    }
    if (update.kind !== 'log' || !passes(update.entry, options)) continue;
    if (held === undefined) yield update.entry;
    else held.push(update.entry);
  }
}

/** The last `count` of what is put in. */
class Last<T> {
  readonly #count: number;
  #items: T[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length > 2 * this.#count + PAGE) this.#items = this.all;
  }

  get all(): T[] {
    return this.#count === 0 ? [] : this.#items.slice(-this.#count);
  }
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
