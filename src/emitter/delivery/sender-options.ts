// What a sender is told when it is made.

import type { Command } from '../../protocol/collector-messages.js';
import type { EventQueue } from '../event-queue.js';
import type { Endpoint } from './delivery.js';

export interface SenderOptions {
  readonly endpoints: readonly Endpoint[];
  /** Where events would go by what the environment says now. */
  readonly again: () => readonly Endpoint[];
  readonly queue: EventQueue;
  /** Nobody said that a collector is there. */
  readonly optional: boolean;
  /** False where the user asked for plain version 1: nothing is waited for, and nothing counts as delivered. */
  readonly acks: boolean;
  /** Milliseconds without a word after which a connection that owes acks is given up. */
  readonly answerMs: number;
  readonly hello: (endpoint: Endpoint) => Uint8Array;
  readonly heartbeat: () => Uint8Array;
  readonly onCommand: (command: Command) => void;
  /** Told once, when an optional collector does not answer. */
  readonly onAbsent: () => void;
}
