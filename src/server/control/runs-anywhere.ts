// Every verb on a run, wherever the run is held: by this process, or by another one on the same data directory, whose control channel is
// asked. HTTP, MCP, the command line and the clean-up change runs through it alone, so that nothing happens behind a holder's back.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandType } from '../../protocol/collector-messages.js';
import { type ErrorCode, XTrackError } from '../../protocol/errors.js';
import { isFinal, type JsonValue } from '../../protocol/events.js';
import type { Run } from '../../query/run.js';
import type { StopRunOptions } from '../../runtime/commands.js';
import type { RunEdit } from '../../runtime/run-edit.js';
import type { CommandRecord } from '../../storage/store.js';
import type { ControlPlane } from '../http/control-plane.js';
import { ControlClient } from './client.js';

/** A command before it is given. */
export interface CommandRequest {
  readonly type: CommandType;
  readonly payload: Readonly<Record<string, JsonValue>>;
  readonly by?: string;
  readonly expiresInMs?: number;
}

/** What this process knows and does itself. One that is open for reading only leaves every change to the others. */
type Here = Pick<
  ControlPlane,
  | 'directory'
  | 'getRun'
  | 'isReachable'
  | 'issueCommand'
  | 'sendCommand'
  | 'beginStop'
  | 'updateRun'
  | 'deleteRun'
  | 'restoreRun'
  | 'purgeRun'
>;

/** What this process says of a run that it cannot change and another one may. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['XT_RUN_OWNED', 'XT_RUN_NOT_LIVE', 'XT_STORE_READ_ONLY']);

/** Each verb has the errors of the same verb of an XTrack; XT_RUN_OWNED, XT_RUN_NOT_LIVE where no process that may do it is reached. */
export class RunsAnywhere {
  readonly #here: Here;

  constructor(here: Here) {
    this.#here = here;
  }

  /** Gives a command; its record as it stands. */
  async issue(runId: string, { type, payload, ...options }: CommandRequest): Promise<CommandRecord> {
    return await this.#do(
      runId,
      async () => (await this.#here.issueCommand(runId, type, payload, options)).record,
      async (owner) => (await owner.call('sendCommand', { runId, type, payload, ...options, wait: false })) as CommandRecord,
    );
  }

  /** Gives a command and waits until it is answered or has expired, or nobody waits any more. */
  async send(runId: string, { type, payload, ...options }: CommandRequest, signal?: AbortSignal): Promise<CommandRecord> {
    return await this.#do(
      runId,
      () => this.#here.sendCommand(runId, type, payload, { ...options, ...(signal !== undefined && { signal }) }),
      async (owner) => {
        const leave = (): void => owner.close();
        signal?.addEventListener('abort', leave, { once: true });
        try {
          signal?.throwIfAborted();
          return (await owner.call('sendCommand', { runId, type, payload, ...options })) as CommandRecord;
        } finally {
          signal?.removeEventListener('abort', leave);
        }
      },
    );
  }

  /** Stops a run; resolves when it has ended. */
  async stop(runId: string, options: StopRunOptions): Promise<Run> {
    return await this.#do(
      runId,
      async () => await (await this.#here.beginStop(runId, options)).ended,
      async (owner) => (await owner.call('stopRun', { runId, ...options })) as Run,
    );
  }

  /** Begins to stop a run. */
  async beginStop(runId: string, options: StopRunOptions): Promise<void> {
    await this.#do<unknown>(
      runId,
      () => this.#here.beginStop(runId, options),
      (owner) => owner.call('stopRun', { runId, ...options, wait: false }),
    );
  }

  /** Changes what people say of a run: name, notes, tags and the like. */
  async update(runId: string, edit: RunEdit): Promise<Run> {
    return await this.#do(
      runId,
      () => this.#here.updateRun(runId, edit),
      async (owner) => (await owner.call('updateRun', { runId, ...edit })) as Run,
    );
  }

  /** Moves a run to the trash. */
  async delete(runId: string): Promise<void> {
    await this.#do<unknown>(
      runId,
      () => this.#here.deleteRun(runId),
      (owner) => owner.call('deleteRun', { runId }),
    );
  }

  /** Takes a run out of the trash. */
  async restore(runId: string): Promise<Run> {
    return await this.#do(
      runId,
      () => this.#here.restoreRun(runId),
      async (owner) => (await owner.call('restoreRun', { runId })) as Run,
    );
  }

  /** Removes a run for good. */
  async purge(runId: string): Promise<void> {
    await this.#do<unknown>(
      runId,
      () => this.#here.purgeRun(runId),
      (owner) => owner.call('purgeRun', { runId }),
    );
  }

  /** True where a command to the run would arrive now. */
  async isReachable({ runId, status }: Pick<Run, 'runId' | 'status'>): Promise<boolean> {
    if (isFinal(status)) return false;
    if (this.#here.isReachable(runId)) return true;
    const { directory } = this.#here;
    if (directory === null) return false;
    return await askOwner(directory, runId, (owner) => owner.call('reach', { runId })).then(
      () => true,
      () => false,
    );
  }

  /**
   * Does it here, or else has the owner do it. Where nobody else can be reached, what was said here is thrown; of a process that only
   * reads, that nobody was reached.
   */
  async #do<Result>(runId: string, here: () => Promise<Result>, there: (owner: ControlClient) => Promise<Result>): Promise<Result> {
    const { directory } = this.#here;
    try {
      return await here();
    } catch (error) {
      const refusal = XTrackError.from(error, 'XT_INTERNAL');
      if (directory === null || !ELSEWHERE.has(refusal.code)) throw refusal;
      // The run is over, and so it is everywhere.
      if (refusal.code === 'XT_RUN_NOT_LIVE' && isFinal((await this.#here.getRun(runId)).status)) throw refusal;
      return await askOwner(directory, runId, there).catch((found: unknown) => {
        const isNobody = XTrackError.from(found, 'XT_INTERNAL').code === 'XT_RUN_NOT_LIVE';
        throw isNobody && refusal.code !== 'XT_STORE_READ_ONLY' ? refusal : found;
      });
    }
  }
}

/** `control.sock` of a serve and `control.PID.sock` of a run. */
const SOCKET = /^control(\.\d+)?\.sock$/;
/** Answers of a control plane that only says that the run is not its own. */
const NOT_MINE: ReadonlySet<string> = new Set(['XT_RUN_NOT_LIVE', 'XT_RUN_OWNED', 'XT_RUN_NOT_FOUND', 'XT_CLOSED']);

/**
 * The first answer to `ask` among the control planes of the data directory. Throws what the owner raised; where none has
 * the run, XT_RUN_NOT_LIVE.
 */
async function askOwner<Result>(directory: string, runId: string, ask: (client: ControlClient) => Promise<Result>): Promise<Result> {
  let refusal = new XTrackError('XT_RUN_NOT_LIVE', { detail: `no control plane that can be reached has run ${runId}` });
  for (const path of await socketsOf(directory)) {
    const client = await ControlClient.connect(path);
    if (client === undefined) continue;
    try {
      return await ask(client);
    } catch (error) {
      const known = XTrackError.from(error, 'XT_INTERNAL');
      if (!NOT_MINE.has(known.code)) throw known;
      // One that is just closing says nothing of the run.
      if (known.code !== 'XT_CLOSED') refusal = known;
    } finally {
      client.close();
    }
  }
  throw refusal;
}

async function socketsOf(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => SOCKET.test(name)).map((name) => join(directory, name));
}
