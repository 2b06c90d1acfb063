// Whoever begins very many runs, or very many lives of one, does not fill the memory; and nothing of them is lost.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent, type Hello, type TrackEvent } from '../../protocol/index.js';
import { Hub } from '../../runtime/hub.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import { TrackBook } from '../../storage/points/track-book.js';
import { Session } from './session.js';

const RUNS = 1_500;
let hub: Hub;
let session: Session;
/** What a store must remember of the series that it was told of. */
let book: TrackBook;
let acks: Map<string, number>;
let closed: boolean;

beforeEach(async () => {
  const store = await openMemoryStore();
  book = new TrackBook();
  const commit = store.commit.bind(store);
  store.commit = (batch) => {
    book.release(batch.released ?? []);
    book.add(batch.tracks);
    return commit(batch);
  };
  hub = new Hub({ store, onCommitFailure: () => undefined });
  acks = new Map();
  closed = false;
  const connection = {
    kind: 'tcp' as const,
    send(bytes: Uint8Array) {
      const { t, p } = JSON.parse(Buffer.from(bytes.subarray(4)).toString()) as {
        t: string;
        p: { run_id: string; seq: number; status: string };
      };
      if (t === 'ack' && p.status === 'ok') acks.set(p.run_id, p.seq);
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close() {
      closed = true;
    },
  };
  session = new Session({ hub, connection, admission: { allowV1: false }, mode: 'socket' });
  session.receive(encodeEvent(hello('first', 'inc-1')));
  await session.ready();
});

afterEach(async () => {
  session.closed();
  await hub.close();
});

const hello = (runId: string, incarnation: string): Hello => ({
  type: 'hello',
  runId,
  worker: '',
  incarnation,
  capabilities: ['ack', 'command'],
});
const metric = (runId: string, seq: number): TrackEvent => ({
  type: 'metric',
  runId,
  worker: '',
  incarnation: 'inc-1',
  seq,
  ts: 1e15 + seq,
  key: 'loss',
  value: seq,
});
const name = (run: number): string => `run-${run}`;

/** How many runs are in memory. */
const loaded = (): number => Array.from({ length: RUNS }, (_, run) => name(run)).filter((runId) => hub.loaded(runId) !== undefined).length;

async function send(seq: number, from = 0, to = RUNS): Promise<void> {
  for (let run = from; run < to; run += 50) {
    const chunk = Array.from({ length: 50 }, (_, index) => encodeEvent(metric(name(run + index), seq)));
    session.receive(Buffer.concat(chunk));
    await session.ready();
  }
}

describe('one connection that writes to very many runs', () => {
  it('keeps few of them loaded; each event is stored once and acknowledged, however often the runs are loaded again', async () => {
    for (const seq of [1, 2, 3]) {
      await send(seq);
      await expect.poll(() => [...acks.values()].filter((acked) => acked === seq).length).toBe(RUNS);
    }
    // What waits for its first commit may be loaded beyond that.
    await send(3, 0, 50);
    await expect
      .poll(async () => {
        await send(3, 0, 50);
        return loaded();
      })
      .toBeLessThan(500);
    // Nor is anything else of them remembered, though each was named anew whenever it was loaded.
    await expect
      .poll(async () => {
        await send(3, 0, 50);
        return Math.max(book.size, session.runIds.length);
      })
      .toBeLessThan(500);
    expect(closed).toBe(false);
    for (let run = 0; run < RUNS; run += 97) {
      const [series] = await hub.store.readSeries({ runId: name(run), key: 'loss' });
      expect(series?.kind === 'points' && [...series.value]).toEqual([1, 2, 3]);
      expect((await hub.store.getRun(name(run)))?.counts).toEqual({ metric: 3 });
    }
  });

  it('hears commands of the run that it writes to', async () => {
    await send(1);
    session.receive(encodeEvent({ ...metric('run-7', 2), type: 'run_start', capabilities: ['command'] } as TrackEvent));
    await session.ready();
    expect(hub.commands.reachable('run-7')).toBe(true);
  });
});

it('hello after hello under new names leaves no lanes behind, and those with events stay', async () => {
  session.receive(encodeEvent(metric('first', 1)));
  for (let n = 0; n < 1_000; n++) session.receive(encodeEvent(hello('first', `inc-2-${n}`)));
  session.receive(encodeEvent({ ...metric('first', 1), incarnation: 'inc-2-999' }));
  session.receive(encodeEvent(hello('first', 'inc-3')));
  await hub.journal.flush();
  const lanes = [...(hub.loaded('first')?.lanes.all() ?? [])].map(({ incarnation }) => incarnation);
  expect(lanes).toEqual(['inc-1', 'inc-2-999', 'inc-3']);
});
