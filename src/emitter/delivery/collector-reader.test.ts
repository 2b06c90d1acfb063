import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CollectorMessageDecoder } from '../../protocol/collector-decoder.js';
import type { Ack, CollectorMessage, Command, Welcome } from '../../protocol/collector-messages.js';
import { encodeCollectorMessage } from '../../protocol/encode.js';
import { CollectorReader } from './collector-reader.js';

const label = fc.string({ minLength: 1, maxLength: 40 });
const runId = fc.stringMatching(/^[a-z0-9]{1,20}$/);
const whole = fc.oneof(fc.nat(), fc.maxSafeInteger());

const welcome: fc.Arbitrary<Welcome> = fc.record(
  {
    type: fc.constant('welcome' as const),
    server: label,
    capabilities: fc.array(fc.constantFrom('ack', 'command', 'gap')),
    resumeFrom: whole,
    window: fc.record({ bytes: whole, events: whole }),
    maxFrame: fc.nat(),
    runId,
    redirect: label,
  },
  { requiredKeys: ['type', 'server', 'capabilities', 'resumeFrom', 'window', 'maxFrame'] },
);
const ack: fc.Arbitrary<Ack> = fc.record(
  {
    type: fc.constant('ack' as const),
    seq: whole,
    status: fc.constantFrom('ok' as const, 'error' as const),
    error: fc.string(),
    runId,
    worker: fc.string(),
    incarnation: label,
    resend: fc.record({ from: whole, to: whole }),
  },
  { requiredKeys: ['type', 'seq', 'status', 'runId', 'worker', 'incarnation'] },
);
const command: fc.Arbitrary<Command> = fc.record({
  type: fc.constant('command' as const),
  commandId: label,
  command: fc.constantFrom('pause', 'resume', 'stop', 'checkpoint_now', 'update_params', 'adjust_lr', 'custom'),
  payload: fc.dictionary(label, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true }) as fc.Arbitrary<Command['payload']>,
});

function frame(json: unknown): Uint8Array {
  const body = Buffer.from(JSON.stringify(json));
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

function read(bytes: Uint8Array, chunk = bytes.length): { messages: CollectorMessage[]; failed: boolean } {
  const messages: CollectorMessage[] = [];
  const reader = new CollectorReader((message) => messages.push(message));
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return { messages, failed: reader.failed };
}

function readByProtocol(bytes: Uint8Array): CollectorMessage[] {
  const messages: CollectorMessage[] = [];
  new CollectorMessageDecoder(
    (message) => messages.push(message),
    () => {},
  ).push(bytes);
  return messages;
}

describe('the reader of collector messages', () => {
  it('reads what the protocol’s decoder reads, in chunks of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(welcome, ack, command), { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (messages, chunk) => {
        const bytes = Buffer.concat(messages.map(encodeCollectorMessage));
        expect(read(bytes, chunk)).toEqual({ messages: readByProtocol(bytes), failed: false });
      }),
    );
  });

  it('skips what it does not know, or what lacks a required field, and reads on', () => {
    const good = encodeCollectorMessage({ type: 'ack', seq: 7, status: 'ok', runId: 'r', worker: '', incarnation: 'i' });
    const odd = [
      { v: 1, t: 'later', m: {}, p: {} },
      { v: 2, t: 'ack', m: {}, p: { seq: 1, status: 'ok', run_id: 'r' } },
      { v: 1, t: 'ack', m: {}, p: { status: 'ok', run_id: 'r' } },
      { v: 1, t: 'ack', m: {}, p: { seq: 'x', status: 'ok', run_id: 'r' } },
      { v: 1, t: 'ack', m: {} },
      { v: 1, t: 'welcome', m: {}, p: { server: 's', resume_from: 1 } },
      { v: 1, t: 'command', m: {}, p: { cmd_id: 'c', type: 'explode' } },
    ];
    const bytes = Buffer.concat([...odd.map(frame), good]);
    expect(read(bytes).messages).toEqual([{ type: 'ack', seq: 7, status: 'ok', runId: 'r', worker: '', incarnation: 'i' }]);
    expect(readByProtocol(bytes)).toEqual(read(bytes).messages);
  });

  it('never throws, whatever a collector sends', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('welcome', 'ack', 'command'),
        fc.jsonValue({ maxDepth: 3 }),
        fc.uint8Array({ maxLength: 60 }),
        (t, p, noise) => {
          read(frame({ v: 1, t, m: {}, p }));
          read(noise);
        },
      ),
    );
    expect(read(Buffer.from('HTTP/1.1 400 Bad Request\r\n')).failed).toBe(true);
  });
});
