// `xtrack command RUN TYPE`: sends a command to the workers of a live run and waits for the answer.

import { Command } from 'commander';
import { type CommandType, type JsonValue, XTrackError } from '../../index.js';
import { numberFrom } from '../key-value.js';
import { type SendOptions, sendCommand } from '../send-command.js';

const TYPES: readonly CommandType[] = ['pause', 'resume', 'stop', 'checkpoint_now', 'update_params', 'adjust_lr', 'custom'];

interface CommandOptions extends SendOptions {
  readonly payload?: string;
}

export function commandCommand(): Command {
  return new Command('command')
    .description('send a command to a live run and wait for its answer')
    .argument('<run>', 'run id, its beginning, or latest')
    .argument('<type>', TYPES.join(', '))
    .option('--payload <json>', 'a JSON object for the command')
    .option('--expires <seconds>', 'give up after so long', numberFrom('--expires', 0, false))
    .option('--by <name>', 'who gives it (default: the user)')
    .action(send);
}

async function send(reference: string, type: string, options: CommandOptions): Promise<void> {
  if (!isCommandType(type)) throw new XTrackError('XT_ARGUMENT', { detail: `${type} is not one of ${TYPES.join(', ')}`, field: 'TYPE' });
  await sendCommand(reference, type, readPayload(options.payload), options);
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
