// The two ways to watch a run: a live view on a terminal, plain lines everywhere else. Both pass the script's output on.

import type { LogEntry, Run } from '../index.js';
import type { Update } from './follow.js';
import { forStream, remark } from './output.js';
import { RunModel } from './run-model.js';
import { drawRun } from './run-screen.js';
import { LiveView } from './terminal/live-view.js';
import { clock, shortNumber } from './terminal/number.js';
import { plainText, visibleLines } from './terminal/text.js';

export interface RunView {
  apply(update: Update): void;
  /** Somebody asked for the run to stop. */
  stopping(): void;
  /** A remark of XTrack itself. */
  note(text: string): void;
  /** Shows the end state and lets go of the terminal. Safe twice. */
  end(): void;
}

/** The view for this process: live where stdout is a terminal, else plain; with `json` stdout is left to the result. */
export function openView(run: Run, options: { readonly json: boolean }): RunView {
  return process.stdout.isTTY && !options.json ? new LiveRunView(run) : new PlainRunView(run, options.json);
}

class LiveRunView implements RunView {
  readonly #model: RunModel;
  readonly #view: LiveView;

  constructor(run: Run) {
    this.#model = new RunModel(run);
    this.#view = new LiveView(process.stdout, (columns, rows) => drawRun(this.#model, columns, rows, Date.now()));
  }

  apply(update: Update): void {
    if (update.kind === 'log') for (const line of logLines(update.entry)) this.#view.log(line);
    else this.#model.apply(update, Date.now());
  }

  stopping(): void {
    this.#model.stopping = true;
  }

  note(text: string): void {
    this.#view.log(`xtrack: ${plainText(text)}`);
  }

  end(): void {
    this.#view.stop();
  }
}

/** The lines of an entry for a terminal; what a script calls debug is left to `xtrack logs`. */
function logLines({ logger, level, message }: LogEntry): string[] {
  if (level === 'debug') return [];
  const lines = visibleLines(message);
  return isCaptured(logger) ? lines : lines.map((line) => `[${level}] ${line}`);
}

function isCaptured(logger: string | undefined): boolean {
  return logger === 'stdout' || logger === 'stderr';
}

/** Metrics and progress are told at most so often. */
const QUIET_MS = 2_000;
/** Metrics named in one line. */
const MAX_TOLD = 8;

class PlainRunView implements RunView {
  readonly #model: RunModel;
  readonly #captured: NodeJS.WriteStream;
  #status = '';
  #work = '';
  #metrics = '';
  #toldAt = 0;

  constructor(run: Run, json: boolean) {
    this.#model = new RunModel(run);
    this.#captured = json ? process.stderr : process.stdout;
    this.#tellStatus();
  }

  apply(update: Update): void {
    if (update.kind === 'log') this.#pass(update.entry);
    else this.#show(update);
  }

  #show(update: Update): void {
    this.#model.apply(update, Date.now());
    if (update.kind === 'contact')
      remark(update.live ? 'the control plane is back' : 'the control plane is gone; the training goes on, following the store');
    this.#tellStatus();
    if (Date.now() - this.#toldAt >= QUIET_MS) this.#tellWork();
  }

  stopping(): void {
    remark('stopping the run; a second signal kills it');
  }

  note(text: string): void {
    remark(text);
  }

  end(): void {
    this.#tellWork();
  }

  /** stdout stays stdout and stderr stays stderr, line by line. */
  #pass({ logger, level, message }: LogEntry): void {
    const stream = logger === 'stdout' ? this.#captured : process.stderr;
    if (isCaptured(logger)) stream.write(`${forStream(message, stream)}\n`);
    else if (level !== 'debug') remark(`[${level}] ${message}`);
  }

  #tellStatus(): void {
    const { status, run } = this.#model;
    if (status === this.#status) return;
    if (run.endedAt !== null) this.#tellWork();
    this.#status = status;
    this.#tell(`${status} run ${run.runId}${run.name === null ? '' : ` (${run.name})`}`);
  }

  #tellWork(): void {
    const work = this.#progress();
    const metrics = this.#newMetrics();
    if (work === this.#work && metrics === this.#metrics) return;
    this.#work = work;
    this.#metrics = metrics;
    this.#toldAt = Date.now();
    this.#tell([this.#model.status, work, metrics].filter((part) => part !== '').join('  '));
  }

  #progress(): string {
    const { progress } = this.#model;
    if (progress === null) return '';
    const unit = progress.unit === undefined ? '' : `${progress.unit} `;
    const total = progress.total === undefined ? '' : `/${shortNumber(progress.total)}`;
    return `${unit}${shortNumber(progress.current)}${total}`;
  }

  #newMetrics(): string {
    return this.#model
      .busiest(MAX_TOLD)
      .map((trail) => `${trail.label}=${shortNumber(trail.latest)}`)
      .join(' ');
  }

  #tell(text: string): void {
    remark(`${clock(this.#model.elapsed(Date.now()))} ${text}`);
  }
}
