// The emitter's side of a connection: welcome, acks and commands out of the collector's stream.

import { Compile } from 'typebox/compile';
import type { Ack, CollectorMessage, Command, Welcome } from './collector-messages.js';
import { conform, type FieldWarning, isObject, Problem } from './conform.js';
import { XTrackError } from './errors.js';
import { FrameStream } from './frames/frame-stream.js';
import { readNumber } from './frames/numbers.js';
import { LIMITS, PROTOCOL_VERSION } from './limits.js';
import { COLLECTOR_PAYLOADS } from './schemas.js';

type WireType = keyof typeof COLLECTOR_PAYLOADS;

const checks = new Map(Object.entries(COLLECTOR_PAYLOADS).map(([type, schema]) => [type, Compile(schema)]));

/**
 * Reads a collector's stream in chunks of any size. `onMessage` gets each message; messages of unknown types are
 * skipped. `onError` gets what was refused; after a malformed frame `failed` is true and nothing more is read.
 */
export class CollectorMessageDecoder {
  private readonly stream: FrameStream;

  constructor(onMessage: (message: CollectorMessage) => void, onError: (error: XTrackError) => void) {
    const frame = (json: Record<string, unknown>) => {
      const message = readCollectorMessage(json);
      if (message instanceof XTrackError) onError(message);
      else if (message !== undefined) onMessage(message);
    };
    this.stream = new FrameStream({ fast: () => false, frame, skipped: onError }, 'socket', LIMITS.frame);
  }

  push(chunk: Uint8Array): void {
    this.stream.push(chunk);
  }

  get failed(): boolean {
    return this.stream.failed;
  }
}

/** The message in one parsed frame; undefined when its type is unknown. */
function readCollectorMessage(json: Record<string, unknown>): CollectorMessage | XTrackError | undefined {
  if (json.v !== PROTOCOL_VERSION) return new XTrackError('XT_VERSION', { field: 'v' });
  const check = typeof json.t === 'string' ? checks.get(json.t) : undefined;
  if (check === undefined) return undefined;
  if (!isObject(json.p)) return new XTrackError('XT_ENVELOPE', { detail: 'expected an object', field: 'p' });
  const warnings: FieldWarning[] = [];
  const payload = check.Check(json.p) ? json.p : conform(COLLECTOR_PAYLOADS[json.t as WireType], json.p, 'p', warnings);
  if (payload instanceof Problem) return new XTrackError(payload.code, { detail: payload.detail, field: payload.field });
  return readers[json.t as WireType](payload as Wire);
}

type Wire = Readonly<Record<string, unknown>>;

const readers: { readonly [Type in WireType]: (p: Wire) => CollectorMessage } = {
  welcome: (p): Welcome => {
    const window = p.window as Wire;
    const limit = (p.limits as Wire | undefined)?.max_frame;
    return {
      type: 'welcome',
      server: p.server as string,
      capabilities: (p.caps as string[] | undefined) ?? [],
      resumeFrom: Number(p.resume_from),
      window: { bytes: Number(window.bytes), events: Number(window.events) },
      maxFrame: readNumber(limit) ?? LIMITS.frame,
      ...(p.run_id === undefined ? {} : { runId: p.run_id as string }),
      ...(p.redirect === undefined ? {} : { redirect: p.redirect as string }),
    };
  },
  ack: (p): Ack => {
    const resend = p.resend as Wire | undefined;
    return {
      type: 'ack',
      seq: Number(p.seq),
      status: p.status as Ack['status'],
      ...(p.error === undefined ? {} : { error: p.error as string }),
      runId: p.run_id as string,
      worker: (p.wid as string | undefined) ?? '',
      incarnation: (p.inc as string | undefined) ?? '',
      ...(resend === undefined ? {} : { resend: { from: Number(resend.from), to: Number(resend.to) } }),
    };
  },
  command: (p): Command => ({
    type: 'command',
    commandId: p.cmd_id as string,
    command: p.type as Command['command'],
    payload: (p.payload as Command['payload'] | undefined) ?? {},
    ...(p.by === undefined ? {} : { by: p.by as string }),
    ...(p.expires_ms === undefined ? {} : { expiresMs: Number(p.expires_ms) }),
  }),
};
