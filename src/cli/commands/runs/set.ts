// `xtrack set RUN KNOB=VALUE…`: changes knobs of a live run, all or none, and waits until they are applied.

import { Command } from 'commander';
import { type JsonValue, XTrackError } from '../../../index.js';
import { gatherPairs, numberFrom } from '../../key-value.js';
import { type SendOptions, sendCommand } from '../../send-command.js';

export function setCommand(): Command {
  return new Command('set')
    .description('change knobs of a live run (its learning rate, say) and wait until they are applied')
    .argument('<run>', 'run id, its beginning, or latest')
    .argument('<knob=value...>', 'a value is JSON where it can be read as that, else text: lr=1e-4 augment=false schedule=cosine')
    .option('--expires <seconds>', 'give up after so long', numberFrom('--expires', 0, false))
    .option('--by <name>', 'who does it (default: the user)')
    .action(set);
}

async function set(reference: string, pairs: readonly string[], options: SendOptions): Promise<void> {
  const gather = gatherPairs('KNOB=VALUE');
  const wanted = pairs.reduce<Map<string, string>>((gathered, pair) => gather(pair, gathered), new Map());
  const params = Object.fromEntries([...wanted].map(([name, text]) => [name, jsonOrText(name, text)]));
  await sendCommand(reference, 'update_params', { params }, options);
}

function jsonOrText(name: string, text: string): JsonValue {
  if (text === '') throw new XTrackError('XT_ARGUMENT', { detail: `${name} has no value`, field: 'KNOB=VALUE' });
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
