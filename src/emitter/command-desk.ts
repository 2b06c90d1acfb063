// Answers what the control plane asks of the training: each command once, whatever it takes, and never an exception into the host.

import type { Command, CommandType } from '../protocol/collector-messages.js';
import type { CommandResult, JsonValue } from '../protocol/events.js';
import { plainValue } from './plain-value.js';

/** What a command brings. */
export type CommandPayload = Readonly<Record<string, JsonValue>>;

/** Called for each command of its type; what it returns or resolves to is the command's result. */
export type CommandHandler = (payload: CommandPayload, command: Command) => unknown;

export type Answer = Pick<CommandResult, 'commandId' | 'status' | 'result' | 'error'>;

/** Commands that are remembered, so that one sent again after a reconnect is not carried out again. */
const REMEMBERED = 1000;

export class CommandDesk {
  readonly #handlers = new Map<CommandType, CommandHandler>();
  /** By command id; `null` while it is being carried out. */
  readonly #answers = new Map<string, Answer | null>();
  readonly #stop = new AbortController();
  readonly #reply: (answer: Answer) => void;

  constructor(reply: (answer: Answer) => void) {
    this.#reply = reply;
  }

  /** Aborted by a stop command. */
  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  on(type: CommandType, handler: CommandHandler): void {
    this.#handlers.set(type, handler);
  }

  /** Carries out a command, or gives the known answer again. Never rejects. */
  async receive(command: Command): Promise<void> {
    const known = this.#answers.get(command.commandId);
    if (known === null) return;
    if (known !== undefined) return this.#reply(known);
    this.#remember(command.commandId, null);
    const answer = await this.#carryOut(command);
    this.#remember(command.commandId, answer);
    this.#reply(answer);
  }

  async #carryOut(command: Command): Promise<Answer> {
    const { commandId, command: type, payload } = command;
    const handler = this.#handlers.get(type);
    if (type === 'stop') this.#stop.abort();
    if (handler === undefined) return { commandId, status: type === 'stop' ? 'ok' : 'unsupported' };
    try {
      const result = await handler(payload, command);
      return result === undefined ? { commandId, status: 'ok' } : { commandId, status: 'ok', result: plainValue(result) };
    } catch (error) {
      return { commandId, status: 'error', error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
    }
  }

  #remember(commandId: string, answer: Answer | null): void {
    this.#answers.delete(commandId);
    this.#answers.set(commandId, answer);
    const oldest = this.#answers.keys().next();
    if (this.#answers.size > REMEMBERED && oldest.done !== true) this.#answers.delete(oldest.value);
  }
}
