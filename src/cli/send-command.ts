// A command to a live run, from the command line: sent by its owner, its answer printed.

import { userInfo } from 'node:os';
import type { CommandType, JsonValue } from '../index.js';
import { RunsAnywhere } from '../server/control/runs-anywhere.js';
import { type CommonOptions, reading } from './context.js';
import { print, printJson, toJson } from './output.js';
import { findRun } from './run-reference.js';
import { plainText } from './terminal/text.js';

export interface SendOptions extends CommonOptions {
  /** Seconds. */
  readonly expires?: number;
  readonly by?: string;
}

/** Sends, waits for the answer and prints it. Exit code 0 when the command was carried out, else 1. */
export async function sendCommand(
  reference: string,
  type: CommandType,
  payload: Readonly<Record<string, JsonValue>>,
  options: SendOptions,
): Promise<void> {
  const expiry = options.expires === undefined ? {} : { expiresInMs: options.expires * 1000 };
  const request = { type, payload, by: options.by ?? userName(), ...expiry };
  const answer = await reading(options, async (xtrack) => {
    const { runId } = await findRun(xtrack, reference);
    return await new RunsAnywhere(xtrack).send(runId, request);
  });
  if (options.json) await printJson(answer);
  else await print(plainText(`${answer.status} ${answer.error ?? (answer.result === null ? '' : toJson(answer.result))}`.trimEnd()));
  process.exitCode = answer.status === 'ok' ? 0 : 1;
}

/** Who is at the terminal; a user id without an account has no name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
