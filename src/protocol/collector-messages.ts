// What a collector says to a worker: the answer to its hello, acknowledgements, commands.

import type { JsonValue } from './events.js';

export type CommandType = 'pause' | 'resume' | 'stop' | 'checkpoint_now' | 'update_params' | 'adjust_lr' | 'custom';

/** Collector → worker: the answer to `hello`. */
export interface Welcome {
  readonly type: 'welcome';
  readonly server: string;
  readonly capabilities: readonly string[];
  /** Last durable seq + 1 of this incarnation. */
  readonly resumeFrom: number;
  /** What may be unacknowledged. */
  readonly window: { readonly bytes: number; readonly events: number };
  readonly maxFrame: number;
  /** The run that the collector chose, where the worker named none. */
  readonly runId?: string;
  /** Where this run is to be sent to instead: `host:port`, `tcp://host:port`, `tls://host:port` or `unix:/path`. */
  readonly redirect?: string;
}

/** Collector → worker: everything up to `seq` is durable; with `error`, that one event was refused. */
export interface Ack {
  readonly type: 'ack';
  readonly seq: number;
  readonly status: 'ok' | 'error';
  readonly error?: string;
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly resend?: { readonly from: number; readonly to: number };
}

/** Collector → worker: do something. */
export interface Command {
  readonly type: 'command';
  readonly commandId: string;
  readonly command: CommandType;
  readonly payload: Readonly<Record<string, JsonValue>>;
  /** Who gave it. */
  readonly by?: string;
  /** It must not be carried out later than so long after it was sent (ms). */
  readonly expiresMs?: number;
}

export type CollectorMessage = Welcome | Ack | Command;
