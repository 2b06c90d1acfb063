// The few messages that an emitter reads, checked by hand: loading the schemas and their compiler would cost every training
// script 150 to 300 ms at its start. A property test holds it equal to the protocol's own decoder.

import type { Ack, CollectorMessage, Command, CommandType, Welcome } from '../../protocol/collector-messages.js';
import type { JsonValue } from '../../protocol/events.js';
import { FrameStream } from '../../protocol/frames/frame-stream.js';
import { readInteger } from '../../protocol/frames/numbers.js';
import { LIMITS, PROTOCOL_VERSION } from '../../protocol/limits.js';

type Wire = Readonly<Record<string, unknown>>;

const COMMANDS: ReadonlySet<unknown> = new Set<CommandType>([
  'pause',
  'resume',
  'stop',
  'checkpoint_now',
  'update_params',
  'adjust_lr',
  'custom',
]);

/** Reads a collector's stream in chunks of any size. What is no message that we know is skipped; `failed` once the stream is damaged. */
export class CollectorReader {
  readonly #stream: FrameStream;

  constructor(onMessage: (message: CollectorMessage) => void) {
    const frame = (json: Wire): void => {
      const message = readMessage(json);
      if (message !== undefined) onMessage(message);
    };
    this.#stream = new FrameStream({ fast: () => false, frame, skipped: () => {} }, 'socket', LIMITS.frame);
  }

  push(chunk: Uint8Array): void {
    this.#stream.push(chunk);
  }

  get failed(): boolean {
    return this.#stream.failed;
  }
}

function readMessage(json: Wire): CollectorMessage | undefined {
  if (json.v !== PROTOCOL_VERSION || !isRecord(json.p)) return undefined;
  if (json.t === 'welcome') return readWelcome(json.p);
  if (json.t === 'ack') return readAck(json.p);
  return json.t === 'command' ? readCommand(json.p) : undefined;
}

function readWelcome(p: Wire): Welcome | undefined {
  const resumeFrom = readInteger(p.resume_from);
  const window = isRecord(p.window) ? p.window : {};
  const bytes = readInteger(window.bytes);
  const events = readInteger(window.events);
  if (typeof p.server !== 'string' || resumeFrom === undefined || bytes === undefined || events === undefined) return undefined;
  const capabilities = Array.isArray(p.caps) ? p.caps.filter((item): item is string => typeof item === 'string') : [];
  const maxFrame = (isRecord(p.limits) ? readInteger(p.limits.max_frame) : undefined) ?? LIMITS.frame;
  const runId = typeof p.run_id === 'string' ? { runId: p.run_id } : {};
  const redirect = typeof p.redirect === 'string' ? { redirect: p.redirect } : {};
  return { type: 'welcome', server: p.server, capabilities, resumeFrom, window: { bytes, events }, maxFrame, ...runId, ...redirect };
}

function readAck(p: Wire): Ack | undefined {
  const seq = readInteger(p.seq);
  if (seq === undefined || (p.status !== 'ok' && p.status !== 'error') || typeof p.run_id !== 'string') return undefined;
  const resend = isRecord(p.resend) ? { from: readInteger(p.resend.from), to: readInteger(p.resend.to) } : {};
  return {
    type: 'ack',
    seq,
    status: p.status,
    ...(typeof p.error === 'string' ? { error: p.error } : {}),
    runId: p.run_id,
    worker: typeof p.wid === 'string' ? p.wid : '',
    incarnation: typeof p.inc === 'string' ? p.inc : '',
    ...(resend.from === undefined || resend.to === undefined ? {} : { resend: { from: resend.from, to: resend.to } }),
  };
}

function readCommand(p: Wire): Command | undefined {
  if (typeof p.cmd_id !== 'string' || !COMMANDS.has(p.type)) return undefined;
  const payload = isRecord(p.payload) ? (p.payload as { readonly [key: string]: JsonValue }) : {};
  return { type: 'command', commandId: p.cmd_id, command: p.type as CommandType, payload };
}

function isRecord(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
