import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameDecoder } from '../protocol/decoder.js';
import type { TrackEvent } from '../protocol/events.js';
import { Spool } from './delivery/spool.js';
import { type Cursor, type EventBody, EventQueue } from './event-queue.js';
import { readEventFile } from './testing/peer.js';

const identity = { runId: 'r', worker: '', incarnation: 'i' };
const header = new Uint8Array([0, 0, 0, 9, ...Buffer.from('{"v":1   ')]);
const metric = (step: number): EventBody => ({ type: 'metric', key: 'loss', value: step, step });
const note = (size: number): EventBody => ({ type: 'param', key: 'note', value: 'x'.repeat(size) });

function decode(bytes: Uint8Array): TrackEvent[] {
  const events: TrackEvent[] = [];
  const refuse = (error: Error) => {
    throw error;
  };
  const decoder = new FrameDecoder(
    { message: (message) => events.push(message as TrackEvent), refused: refuse, skipped: refuse },
    { mode: 'socket' },
  );
  decoder.push(bytes);
  decoder.end();
  return events;
}

/** All events from a cursor on, as a sender would read them, and the cursor after them. */
function readAll(queue: EventQueue, from: Cursor): { events: TrackEvent[]; cursor: Cursor } {
  const events: TrackEvent[] = [];
  let cursor = from;
  for (let batch = queue.read(cursor, 100); batch !== null; batch = queue.read(cursor, 100)) {
    const decoded = decode(batch.bytes);
    expect(decoded.map((event) => event.seq)).toEqual(decoded.map((_, index) => cursor.seq + index));
    expect(decoded.at(-1)?.seq).toBe(batch.lastSeq);
    events.push(...decoded);
    cursor = batch.next;
  }
  return { events, cursor };
}

const numbers = (events: readonly TrackEvent[]): number[] => events.map((event) => event.seq);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the queue of events', () => {
  let folder: string;
  let troubles: unknown[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'xtrack-queue-'));
    troubles = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function open(options: { limit?: number; memoryLimit?: number; path?: string } = {}): { queue: EventQueue; spool: Spool } {
    const spool = new Spool({ path: join(folder, 'q.xtf'), shared: false, header, onTrouble: (error) => troubles.push(error), ...options });
    return { spool, queue: new EventQueue(identity, spool) };
  }

  it('counts on rightly where it had been read to its end and the next event was dropped', () => {
    const { queue } = open({ limit: 2_000, memoryLimit: 0 });
    queue.append([note(1_500)]);
    const caughtUp = readAll(queue, { seq: 1, offset: 0 }).cursor;
    expect(caughtUp.seq).toBe(2);
    expect(queue.append([note(1_900)])).toBe(false);
    queue.free(caughtUp);
    queue.append([metric(3)]);
    queue.append([metric(4)]);
    const batch = queue.read(caughtUp, 100);
    expect(numbers(decode(batch?.bytes ?? new Uint8Array()))).toEqual([3, 4, 5]);
    expect([batch?.lastSeq, batch?.next.seq]).toEqual([5, 6]);
    expect(queue.locate(5).seq).toBe(5);
  });

  it('has an event in the file before append returns', () => {
    const { queue, spool } = open();
    for (let step = 1; step <= 3; step++) {
      queue.append([metric(step)]);
      expect(readEventFile(spool.path).events.at(-1)).toMatchObject({ type: 'metric', seq: step, step });
    }
  });

  it('finds any event again by its number', () => {
    const { queue } = open();
    queue.append(range(1, 700).map(metric));
    for (let step = 701; step <= 2000; step++) queue.append([metric(step)]);
    for (const seq of [1, 2, 512, 513, 700, 701, 1999, 2000])
      expect(numbers(readAll(queue, queue.locate(seq)).events)).toEqual(range(seq, 2000));
    expect(queue.read(queue.locate(2001), 10)).toBeNull();
  });

  it('reads one event that is larger than a read', () => {
    const { queue } = open();
    queue.append([note(700_000), metric(2)]);
    expect(numbers(readAll(queue, queue.locate(1)).events)).toEqual([1, 2]);
  });

  it('declares an event over the frame limit at once, and keeps what comes with it', () => {
    const { queue } = open();
    expect(queue.append([metric(1), note(1_100_000), metric(2)])).toBe(false);
    queue.append([note(1_100_000)]);
    const { events } = readAll(queue, queue.locate(1));
    expect(events.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'metric'],
      [3, 'gap'],
      [4, 'metric'],
      [6, 'gap'],
    ]);
    expect(events[1]).toMatchObject({ from: 2, to: 2, reason: 'frame_too_large', counts: { param: 1 } });
  });

  it('declares exactly what found no room, and goes on when there is some again', () => {
    const { queue } = open({ limit: 4000 });
    for (let step = 1; step <= 40; step++) queue.append([metric(step)]);
    const before = readAll(queue, queue.locate(1));
    const kept = before.events.length;
    expect(kept).toBeLessThan(40);
    queue.free(before.cursor);
    expect(queue.append([metric(41)])).toBe(true);
    const after = readAll(queue, queue.locate(kept + 1));
    expect(after.events).toMatchObject([
      { type: 'gap', seq: 41, from: kept + 1, to: 40, counts: { metric: 40 - kept } },
      { type: 'metric', seq: 42, step: 41 },
    ]);
  });

  it('keeps room for what tells the story of the run when metrics fill the spool', () => {
    const { queue } = open({ limit: 4000 });
    for (let step = 1; step <= 40; step++) queue.append([metric(step)]);
    queue.append([{ type: 'run_end', status: 'completed' }]);
    const types = readAll(queue, queue.locate(1)).events.map((event) => event.type);
    expect(types.slice(-2)).toEqual(['gap', 'run_end']);
  });

  it('works in memory when the file cannot be made, and says so', () => {
    writeFileSync(join(folder, 'file'), '');
    const { queue, spool } = open({ path: join(folder, 'file', 'q.xtf'), memoryLimit: 10_000 });
    expect(troubles).toHaveLength(1);
    for (let step = 1; step <= 200; step++) queue.append([metric(step)]);
    const { events, cursor } = readAll(queue, queue.locate(1));
    expect(numbers(events)).toEqual(range(1, events.length));
    expect(events.length).toBeGreaterThan(50);
    queue.free(cursor);
    queue.append([metric(201)]);
    expect(readAll(queue, queue.locate(201)).events.map((event) => event.type)).toEqual(['gap', 'metric']);
    expect(spool.inFile).toBe(false);
  });

  it('gives back the room of what is acknowledged once that is much, and keeps the rest', () => {
    const { queue, spool } = open();
    const note100k = note(100_000);
    for (let count = 1; count <= 800; count++) queue.append([note100k]);
    queue.free(queue.locate(791));
    expect(statSync(spool.path).size).toBeLessThan(2_000_000);
    expect(numbers(readEventFile(spool.path).events)).toEqual(range(791, 800));
    expect(numbers(readAll(queue, queue.locate(1)).events)).toEqual(range(791, 800));
    queue.append([metric(801)]);
    expect(numbers(readAll(queue, queue.locate(795)).events)).toEqual(range(795, 801));
    expect(readdirSync(folder)).toEqual(['q.xtf']);
  });

  it('deletes its file, or leaves it whole', () => {
    const first = open();
    first.spool.close(true);
    expect(existsSync(first.spool.path)).toBe(true);
    const second = open({ path: join(folder, 'second') });
    second.spool.close(false);
    expect(existsSync(second.spool.path)).toBe(false);
  });

  it('never loses, repeats or reorders an event, whatever is appended, read and freed, and accounts for each dropped one', () => {
    const action = fc.oneof(
      fc.record({ append: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 12 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 30 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.boolean(), (actions, inMemory) => {
        const path = inMemory ? join(folder, 'none', '\0') : join(folder, `p${Math.random()}`);
        const { queue, spool } = open({ path, limit: 4000, memoryLimit: 4000 });
        const seen: TrackEvent[] = [];
        let cursor = queue.locate(1);
        const take = (most: number): boolean => {
          const batch = queue.read(cursor, most);
          if (batch === null) return false;
          seen.push(...decode(batch.bytes));
          cursor = batch.next;
          queue.free(cursor);
          return true;
        };
        for (const step of actions) {
          if ('append' in step) queue.append(step.append.map(note));
          else take(step.take);
        }
        while (take(100));
        queue.append([metric(0)]);
        while (take(100));
        const declared = seen.flatMap((event) => (event.type === 'gap' ? range(event.from, event.to) : []));
        expect([...numbers(seen), ...declared].sort((a, b) => a - b)).toEqual(range(1, queue.lastSeq));
        expect(numbers(seen)).toEqual(numbers(seen).toSorted((a, b) => a - b));
        spool.close(false);
      }),
    );
  });
});
