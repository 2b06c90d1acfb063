// The commands of a run with those that this page is just sending: each is told from the click on, and never as more than it is.

import { useCallback, useState } from 'react';
import { useCommands, useSendCommand } from '../api/hooks';
import type { CommandRecord, CommandType } from '../api/types';
import { type CommandEntry, MOST_UNSENT, mergeCommands, type UnsentEntry } from './command-list';
import type { Payload } from './payload';

export interface Steering {
  /** Newest first. */
  readonly entries: readonly CommandEntry[];
  /** What the server knows, oldest first. */
  readonly commands: readonly CommandRecord[];
  readonly send: (type: CommandType, payload?: Payload) => Promise<void>;
}

export function useSteering(runId: string): Steering {
  const { data: commands = [] } = useCommands(runId);
  const { mutateAsync } = useSendCommand(runId);
  const [unsent, setUnsent] = useState<readonly UnsentEntry[]>([]);
  const send = useCallback(
    async (type: CommandType, payload: Payload = {}): Promise<void> => {
      const entry: UnsentEntry = { key: crypto.randomUUID(), command: type, payload, at: Date.now() * 1_000, state: 'sending' };
      setUnsent((before) => [entry, ...before].slice(0, MOST_UNSENT));
      try {
        await mutateAsync({ type, payload });
        setUnsent((before) => before.filter(({ key }) => key !== entry.key));
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'The server could not be reached.';
        setUnsent((before) => before.map((one) => (one.key === entry.key ? { ...one, state: 'refused', reason } : one)));
      }
    },
    [mutateAsync],
  );
  return { entries: mergeCommands(commands, unsent), commands, send };
}
