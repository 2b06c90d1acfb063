// Reaches the control plane that has a run, whichever process that is.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { XTrackError } from '../protocol/errors.js';
import { ControlClient } from './control/client.js';

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
