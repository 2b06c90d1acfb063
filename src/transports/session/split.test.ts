// However the network cuts a stream, what is stored is what was sent: the same bytes, the same values.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent, type WorkerMessage, withChecksum, XTrackError } from '../../protocol/index.js';
import { Hub } from '../../runtime/hub.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import type { Connection } from '../transport.js';
import { Session } from './session.js';

type Mode = 'socket' | 'recover';

const connection = (kind: Connection['kind']): Connection => ({
  kind,
  send: () => true,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
});

let hub: Hub;
let runs = 0;

beforeEach(async () => {
  hub = new Hub({ store: await openMemoryStore(), onCommitFailure: () => undefined });
});

afterEach(() => hub.close());

/** Events of one run, as frames; all runs' streams have the same length. */
function stream(runId: string, messages: number, summed: boolean): Buffer[] {
  const identity = { runId, worker: '', incarnation: 'm0000000-00000000' };
  const at = (seq: number) => ({ ...identity, seq, ts: 1_700_000_000_000_000 + seq });
  const message = (seq: number): WorkerMessage => {
    if (seq % 3 === 0)
      return {
        type: 'metric_batch',
        ...at(seq),
        metrics: new Map([
          ['a', seq],
          ['b', seq / 2],
        ]),
        step: seq,
      };
    if (seq % 3 === 1) return { type: 'log', ...at(seq), level: 'info', message: `line ${seq} `.repeat(seq % 4) };
    return { type: 'metric', ...at(seq), key: 'loss', value: seq * 1.5, step: seq };
  };
  return Array.from({ length: messages }, (_, index) => {
    const frame = encodeEvent(message(index + 1));
    return Buffer.from(summed ? withChecksum(frame) : frame);
  });
}

/** Sends the bytes cut at these places, each piece in a buffer of its own that is spoiled behind it. */
function send(session: Session, bytes: Buffer, cuts: readonly number[]): void {
  let from = 0;
  for (const to of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    const chunk = Uint8Array.from(bytes.subarray(from, to));
    session.receive(chunk);
    chunk.fill(0xdb);
    from = to;
  }
}

async function open(mode: Mode): Promise<{ runId: string; session: Session }> {
  runs += 1;
  const runId = `run-${String(runs).padStart(6, '0')}`;
  (await hub.collector(runId)).change(() => undefined);
  const session = new Session({ hub, connection: connection(mode === 'socket' ? 'tcp' : 'stdio'), admission: { allowV1: true }, mode });
  return { runId, session };
}

async function stored(runId: string): Promise<string> {
  await hub.journal.flush();
  const blocks: Uint8Array[] = [];
  for await (const { bytes } of hub.store.readBlocks(runId)) blocks.push(bytes);
  return Buffer.concat(blocks).toString('utf8');
}

describe.each(['socket', 'recover'] as const)('a stream in %s mode', (mode) => {
  it('is stored as it was sent, wherever it is cut once, and wherever in the frame behind', async () => {
    const length = Buffer.concat(stream('run-000000', 5, false)).length;
    const frame = Math.ceil(length / 5);
    for (let cut = 1; cut < length; cut++) {
      const { runId, session } = await open(mode);
      const bytes = Buffer.concat(stream(runId, 5, false));
      // Behind a cut in one frame, the next read ends in the next frame: no piece holds a whole one.
      send(session, bytes, cut % 2 === 0 ? [cut] : [cut, Math.min(cut + frame, length), Math.min(cut + 2 * frame, length)]);
      expect(await stored(runId)).toBe(bytes.toString('utf8'));
      session.closed();
    }
  });

  it('is stored as it was sent, cut into any pieces, with checksums or without', async () => {
    const cuts = fc.array(fc.nat(4_000), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), cuts, fc.boolean(), async (messages, places, summed) => {
        const { runId, session } = await open(mode);
        const bytes = Buffer.concat(stream(runId, messages, summed));
        send(
          session,
          bytes,
          places.map((place) => place % (bytes.length + 1)),
        );
        expect(await stored(runId)).toBe(bytes.toString('utf8'));
        session.closed();
      }),
      { numRuns: 300 },
    );
  });

  it('gives the values that were sent', async () => {
    const { runId, session } = await open(mode);
    const frames = stream(runId, 60, false);
    const bytes = Buffer.concat(frames);
    const ends = frames.map((_, index) => frames.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0));
    // Each piece ends in the middle of a frame and holds no whole one.
    send(
      session,
      bytes,
      frames.map(({ length }, index) => (ends[index] as number) - Math.floor(length / 2)),
    );
    await hub.journal.flush();
    const [loss] = await hub.store.readSeries({ runId, key: 'loss' });
    const expected = Array.from({ length: 60 }, (_, index) => index + 1).filter((seq) => seq % 3 === 2);
    expect(loss?.kind === 'points' && [...loss.value]).toEqual(expected.map((seq) => seq * 1.5));
    expect(await stored(runId)).toBe(bytes.toString('utf8'));
    session.closed();
  });
});

it('is stored as it was sent when it comes before its run is loaded, in memory that is used again', async () => {
  const runId = 'run-unloaded';
  const session = new Session({ hub, connection: connection('tcp'), admission: { allowV1: true }, mode: 'socket' });
  const bytes = Buffer.concat(stream(runId, 30, false));
  // A Buffer, as sockets and files give them: its slice is a view.
  const chunk = Buffer.from(bytes);
  session.receive(chunk);
  chunk.fill(0xdb);
  await session.ready();
  expect(await stored(runId)).toBe(bytes.toString('utf8'));
  session.closed();
});

it('keeps what is no frame as it came, in memory that is used again', async () => {
  const runId = 'run-damaged';
  (await hub.collector(runId)).change(() => undefined);
  const session = new Session({ hub, connection: connection('file'), admission: { allowV1: true }, mode: 'recover' });
  const chunk = Buffer.concat([...stream(runId, 1, false), Buffer.from('xx{"v":1 is no frame')]);
  session.receive(chunk);
  session.skipped(new XTrackError('XT_SPOOL_DAMAGED'), 0, chunk.subarray(-8));
  chunk.fill(0xdb);
  await hub.journal.flush();
  const letters = (await hub.store.getDeadLetters?.(runId)) ?? [];
  expect(letters.map(({ bytes }) => Buffer.from(bytes).toString())).toContain('no frame');
  session.closed();
});

it('finds every whole frame between printed text, wherever that is cut', async () => {
  const text = Buffer.from('Epoch 1/10 {"v":1} loss=0.5\n');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4_000), { maxLength: 30 }), fc.infiniteStream(fc.boolean()), async (places, printed) => {
      const { runId, session } = await open('recover');
      const frames = stream(runId, 12, false);
      const bytes = Buffer.concat(frames.flatMap((frame) => (printed.next().value ? [text, frame] : [frame])));
      send(
        session,
        bytes,
        places.map((place) => place % (bytes.length + 1)),
      );
      const log = await stored(runId);
      for (const frame of frames) expect(log).toContain(frame.toString('utf8'));
      session.closed();
    }),
    { numRuns: 200 },
  );
});
