// The commands as the panel lists them: what this page is just sending, and what the server knows, newest first.

import type { CommandType } from '../../../src/protocol/collector-messages.js';
import type { CommandRecord } from '../../../src/storage/store.js';
import type { UnsentCommand } from './command-life';
import type { Payload } from './payload';

export interface UnsentEntry extends UnsentCommand {
  readonly key: string;
  readonly command: CommandType;
  readonly payload: Payload;
  /** µs since the epoch, on this page's clock. */
  readonly at: number;
}

export type CommandEntry =
  | { readonly kind: 'unsent'; readonly key: string; readonly command: UnsentEntry }
  | { readonly kind: 'record'; readonly key: string; readonly command: CommandRecord };

/** Refused ones that are still shown. */
export const MOST_UNSENT = 20;

export function mergeCommands(records: readonly CommandRecord[], unsent: readonly UnsentEntry[]): readonly CommandEntry[] {
  const known = records.map((command): CommandEntry => ({ kind: 'record', key: command.commandId, command }));
  const own = unsent.map((command): CommandEntry => ({ kind: 'unsent', key: command.key, command }));
  return [...own, ...known].sort((a, b) => placeOf(b) - placeOf(a));
}

/** What is on its way comes first, whatever the two clocks say. */
function placeOf({ kind, command }: CommandEntry): number {
  if (kind === 'record') return command.issuedAt;
  return command.state === 'sending' ? Number.POSITIVE_INFINITY : command.at;
}
