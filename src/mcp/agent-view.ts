// What an agent may see and do: a tool gets a run, a list or an experiment from here, as far as the key of whoever asks goes.

import { XTrackError } from '../protocol/errors.js';
import { isPublic, type Run } from '../query/run.js';
import type { RunQuestions } from '../query/run-questions.js';
import type { SearchOptions, SearchResult } from '../query/run-reader.js';
import { allows, type Principal, visibleExperiments } from '../server/http/access/principal.js';
import { mayHear } from '../server/http/live/access.js';
import type { Steering } from './steering.js';

export interface AgentViewOptions {
  readonly xtrack: RunQuestions;
  readonly principal: Principal;
  readonly steering: Steering;
  /** Who asks: recorded with every command. */
  readonly caller: () => string;
}

/** Bytes of what is recorded as the author of a command. */
const MOST_AUTHOR = 500;

export class AgentView {
  readonly xtrack: RunQuestions;
  readonly steering: Steering;
  readonly #principal: Principal;
  readonly #caller: () => string;

  constructor({ xtrack, principal, steering, caller }: AgentViewOptions) {
    this.xtrack = xtrack;
    this.steering = steering;
    this.#principal = principal;
    this.#caller = caller;
  }

  /** True where there is anything that may be steered. */
  get mayWrite(): boolean {
    return this.#principal.grants.some(({ experiment }) => allows(this.#principal, 'write', experiment));
  }

  /** A run by its id, or `latest`. Errors: XT_RUN_NOT_FOUND, for one that may not be seen, too. */
  async run(reference: string): Promise<Run> {
    if (reference === 'latest') return await this.#latest();
    const run = await this.xtrack.getRun(reference).catch((error: XTrackError) => error);
    if (run instanceof XTrackError && run.code !== 'XT_RUN_NOT_FOUND') throw run;
    if (!(run instanceof XTrackError) && mayHear(this.#principal, { experimentId: run.experimentId, public: isPublic(run) })) return run;
    throw new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${reference}'`, field: 'run_id' });
  }

  /** The same, to steer it. Errors: XT_FORBIDDEN. */
  async runToSteer(reference: string): Promise<Run> {
    const run = await this.run(reference);
    if (allows(this.#principal, 'write', run.experimentId)) return run;
    throw new XTrackError('XT_FORBIDDEN', { detail: "it needs the scope 'write' for the run's experiment", field: 'run_id' });
  }

  /** Errors: XT_FORBIDDEN. */
  checkExperiment(experimentId: string): void {
    if (!allows(this.#principal, 'view', experimentId))
      throw new XTrackError('XT_FORBIDDEN', { detail: `the key does not show experiment '${experimentId}'`, field: 'experiment_id' });
  }

  /** A page of the runs that may be seen. Errors: XT_SEARCH, XT_ARGUMENT. */
  async search(text: string, options: SearchOptions): Promise<SearchResult> {
    const experiments = visibleExperiments(this.#principal);
    return await this.xtrack.search(text, { ...options, ...(experiments !== null && { experiments }) });
  }

  /** `mcp:claude — the loss went up`, as it is recorded with a command. */
  author(reason: string): string {
    const text = `${this.#caller()} — ${reason}`.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').trim();
    let kept = text;
    while (Buffer.byteLength(kept) > MOST_AUTHOR) kept = [...kept].slice(0, -1).join('');
    return kept;
  }

  async #latest(): Promise<Run> {
    const { runs } = await this.search('', { limit: 1 });
    if (runs[0] === undefined) throw new XTrackError('XT_RUN_NOT_FOUND', { detail: 'there are no runs yet', field: 'run_id' });
    return runs[0];
  }
}
