// Verbs on a run wherever it is held: by this process, or by another one on the same data directory, whose control channel is asked.
// So the page of `xtrack serve` steers a run of a bare `xtrack run`.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandType } from '../../protocol/collector-messages.js';
import { type ErrorCode, XTrackError } from '../../protocol/errors.js';
import { isFinal, type JsonValue } from '../../protocol/events.js';
import type { Run } from '../../query/run.js';
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

/** What this process says of a run that another one holds. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['XT_RUN_OWNED', 'XT_RUN_NOT_LIVE']);

type Verbs = Pick<ControlPlane, 'directory' | 'getRun' | 'issueCommand' | 'sendCommand' | 'beginStop' | 'updateRun'>;

/** Gives a command; its record as it stands. Errors: those of issueCommand. */
export async function issueAnywhere(xtrack: Verbs, runId: string, { type, payload, ...options }: CommandRequest): Promise<CommandRecord> {
  return await anywhere(
    xtrack,
    runId,
    async () => (await xtrack.issueCommand(runId, type, payload, options)).record,
    async (owner) => (await owner.call('sendCommand', { runId, type, payload, ...options, wait: false })) as CommandRecord,
  );
}

/** Gives a command and waits until it is answered or has expired. Errors: those of sendCommand. */
export async function sendAnywhere(xtrack: Verbs, runId: string, { type, payload, ...options }: CommandRequest): Promise<CommandRecord> {
  return await anywhere(
    xtrack,
    runId,
    () => xtrack.sendCommand(runId, type, payload, options),
    async (owner) => (await owner.call('sendCommand', { runId, type, payload, ...options })) as CommandRecord,
  );
}

/** Begins to stop a run. Errors: those of beginStop. */
export async function beginStopAnywhere(
  xtrack: Verbs,
  runId: string,
  options: { readonly graceMs?: number; readonly by?: string },
): Promise<void> {
  await anywhere<unknown>(
    xtrack,
    runId,
    () => xtrack.beginStop(runId, options),
    (owner) => owner.call('stopRun', { runId, ...options, wait: false }),
  );
}

/** Changes what people say of a run. Errors: those of updateRun. */
export async function updateAnywhere(xtrack: Verbs, runId: string, edit: RunEdit): Promise<Run> {
  return await anywhere(
    xtrack,
    runId,
    () => xtrack.updateRun(runId, edit),
    async (owner) => (await owner.call('updateRun', { runId, ...edit })) as Run,
  );
}

/** True where a command to the run would arrive now, whichever process holds it. */
export async function isReachableAnywhere(
  xtrack: Pick<ControlPlane, 'directory' | 'isReachable'>,
  { runId, status }: Pick<Run, 'runId' | 'status'>,
): Promise<boolean> {
  if (isFinal(status)) return false;
  if (xtrack.isReachable(runId)) return true;
  if (xtrack.directory === null) return false;
  const asked = askOwner(xtrack.directory, runId, (owner) => owner.call('reach', { runId }));
  return await asked.then(
    () => true,
    () => false,
  );
}

/** Tries it here, then with the owner. Where no owner can be reached, what was said here is thrown. */
async function anywhere<Result>(
  xtrack: Pick<Verbs, 'directory' | 'getRun'>,
  runId: string,
  here: () => Promise<Result>,
  there: (owner: ControlClient) => Promise<Result>,
): Promise<Result> {
  const { directory } = xtrack;
  try {
    return await here();
  } catch (error) {
    const refusal = XTrackError.from(error, 'XT_INTERNAL');
    if (directory === null || !ELSEWHERE.has(refusal.code) || isFinal((await xtrack.getRun(runId)).status)) throw refusal;
    return await askOwner(directory, runId, there).catch((found: unknown) => {
      throw XTrackError.from(found, 'XT_INTERNAL').code === 'XT_RUN_NOT_LIVE' ? refusal : found;
    });
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
export async function askOwner<Result>(directory: string, runId: string, ask: (client: ControlClient) => Promise<Result>): Promise<Result> {
  let refusal = new XTrackError('XT_RUN_NOT_LIVE', { detail: `no control plane that can be reached has run ${runId}` });
  for (const path of await socketsOf(directory)) {
    const client = await ControlClient.connect(path);
    if (client === undefined) continue;
    try {
      return await ask(client);
    } catch (error) {
      const known = XTrackError.from(error, 'XT_INTERNAL');
      if (!NOT_MINE.has(known.code)) throw known;
      refusal = known;
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
