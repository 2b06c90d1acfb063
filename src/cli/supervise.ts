// Starts a run on a host, shows it until it ends, and turns signals into a stop: what `run` and `demo` have in common.

import type { Run, StartRunOptions } from '../index.js';
import { followRun } from './follow.js';
import type { RunHost } from './host.js';
import { outliveClosedPipe } from './output.js';
import { openView, type RunView } from './run-view.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Resolves with the run when it has ended, or when it was left alone. The first SIGINT or SIGTERM stops it gracefully, the
 * second kills it, the third leaves it. Throws XT_SPAWN, XT_RUN_EXISTS, XT_RUN_ID.
 */
export async function supervise(host: RunHost, options: StartRunOptions, json: boolean): Promise<Run> {
  const stop = new StopSignals();
  try {
    const run = await host.startRun(options);
    outliveClosedPipe();
    const view = openView(run, { json });
    try {
      stop.aim(host, run, view);
      for await (const update of followRun(host, run.runId, stop.left)) view.apply(update);
    } finally {
      view.end();
    }
    return await host.reader.getRun(run.runId);
  } finally {
    stop.dispose();
  }
}

/** Counts stop signals from before the run is started, so that none is lost. */
class StopSignals {
  readonly #leave = new AbortController();
  /** Aborted when the user leaves a run that nothing here can stop. */
  readonly left = this.#leave.signal;
  #count = 0;
  #stop: ((count: number) => void) | undefined;
  readonly #onSignal = (): void => {
    this.#count += 1;
    if (this.#count > 2) this.#leave.abort();
    this.#stop?.(this.#count);
  };
  /** A closed terminal takes the view away, not the training. */
  readonly #onHangup = (): void => undefined;

  constructor() {
    for (const signal of STOP_SIGNALS) process.on(signal, this.#onSignal);
    process.on('SIGHUP', this.#onHangup);
  }

  aim(host: RunHost, run: Run, view: RunView): void {
    this.#stop = (count) => {
      view.stopping();
      const options = count > 1 ? { graceMs: 0 } : {};
      host.stopRun(run.runId, options).catch((error: Error) => this.#unreachable(run, view, error));
    };
    if (this.#count > 0) this.#stop(this.#count);
  }

  dispose(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onSignal);
    process.off('SIGHUP', this.#onHangup);
  }

  #unreachable(run: Run, view: RunView, error: Error): void {
    const pid = run.process === null ? '' : ` as process ${run.process.pid}`;
    view.note(`cannot stop the run: ${error.message}; it goes on${pid}; a third signal leaves it alone`);
  }
}
