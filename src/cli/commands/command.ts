// `xtrack command RUN TYPE`: sends a command to the workers of a live run and waits for the answer.

import { Command } from 'commander';
import { type CommandType, type JsonValue, XTrackError } from '../../index.js';
import { type CommonOptions, dataDirectory, reading } from '../context.js';
import { numberFrom } from '../key-value.js';
import { print, printJson, toJson } from '../output.js';
import { askOwner } from '../owners.js';
import { findRun } from '../run-reference.js';
import { plainText } from '../terminal/text.js';

const TYPES: readonly CommandType[] = ['pause', 'resume', 'stop', 'checkpoint_now', 'update_params', 'adjust_lr', 'custom'];

interface CommandOptions extends CommonOptions {
  readonly payload?: string;
  readonly expires?: number;
}

interface Answer {
  readonly status: string;
  readonly result: JsonValue;
  readonly error: string | null;
}

export function commandCommand(): Command {
  return new Command('command')
    .description('send a command to a live run and wait for its answer')
    .argument('<run>', 'run id, its beginning, or latest')
    .argument('<type>', TYPES.join(', '))
    .option('--payload <json>', 'a JSON object for the command')
    .option('--expires <seconds>', 'give up after so long', numberFrom('--expires', 0, false))
    .action(send);
}

async function send(reference: string, type: string, options: CommandOptions): Promise<void> {
  if (!isCommandType(type)) throw new XTrackError('XT_ARGUMENT', { detail: `${type} is not one of ${TYPES.join(', ')}`, field: 'TYPE' });
  const payload = readPayload(options.payload);
  const { runId } = await reading(options, (xtrack) => findRun(xtrack, reference));
  const expiry = options.expires === undefined ? {} : { expiresInMs: options.expires * 1000 };
  const request = { runId, type, payload, ...expiry };
  const answer = (await askOwner(dataDirectory(options), runId, (client) => client.call('sendCommand', request))) as Answer;
  if (options.json) await printJson(answer);
  else await print(plainText(`${answer.status} ${answer.error ?? (answer.result === null ? '' : toJson(answer.result))}`.trimEnd()));
  process.exitCode = answer.status === 'ok' ? 0 : 1;
}

function isCommandType(type: string): type is CommandType {
  return (TYPES as readonly string[]).includes(type);
}

function readPayload(text: string | undefined): Record<string, JsonValue> {
  if (text === undefined) return {};
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch (cause) {
    throw new XTrackError('XT_ARGUMENT', { detail: 'the payload is not JSON', field: '--payload', cause });
  }
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload as Record<string, JsonValue>;
  throw new XTrackError('XT_ARGUMENT', { detail: 'the payload is not a JSON object', field: '--payload' });
}
