// What a sender is told when it is made.

import type { Command } from '../protocol/collector-messages.js';
import type { Endpoint } from './delivery.js';
import type { EventQueue } from './event-queue.js';

export interface SenderOptions {
  readonly endpoints: readonly Endpoint[];
  readonly queue: EventQueue;
  /** Nobody said that a collector is there. */
  readonly optional: boolean;
  /** False where the user asked for plain version 1: nothing is waited for, and nothing counts as delivered. */
  readonly acks: boolean;
  /** Milliseconds without a word after which a connection that owes acks is given up. */
  readonly answerMs: number;
  readonly hello: () => Uint8Array;
  readonly heartbeat: () => Uint8Array;
  readonly onCommand: (command: Command) => void;
  /** Told once, when an optional collector does not answer. */
  readonly onAbsent: () => void;
}
