// A commit that is refused, fails or is cut off leaves nothing in memory that a later one could store, and takes nobody along.

import { describe, expect, it } from 'vitest';
import { encodeEvent, type TrackEvent, XTrackError } from '../protocol/index.js';
import { openMemoryStore } from '../storage/memory/store.js';
import type { Batch, Store } from '../storage/store.js';
import type { Collector } from './collector.js';
import { Hub } from './hub.js';

type Commit = Store['commit'];

/** A store whose commits can be made to fail, to wait, and to be counted. */
class Faulty {
  commits = 0;
  next: ((commit: Commit, batch: Batch) => ReturnType<Commit>)[] = [];
  readonly store: Store;
  readonly inner: Store;

  constructor(inner: Store) {
    this.inner = inner;
    const commit: Commit = async (batch) => {
      this.commits += 1;
      const step = this.next.shift();
      return step === undefined ? await inner.commit(batch) : await step((given) => inner.commit(given), batch);
    };
    this.store = Object.assign(Object.create(inner) as Store, bound(inner), { commit });
  }
}

/** The methods of a store that has private fields, so that they may be called on something else. */
function bound(store: Store): Partial<Store> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== 'constructor');
  return Object.fromEntries(names.map((name) => [name, (store as unknown as Record<string, CallableFunction>)[name]?.bind(store)]));
}

async function stage(): Promise<{ faulty: Faulty; hub: Hub; failures: XTrackError[] }> {
  const faulty = new Faulty(await openMemoryStore());
  const failures: XTrackError[] = [];
  return { faulty, hub: new Hub({ store: faulty.store, onCommitFailure: (error) => failures.push(error) }), failures };
}

function send(collector: Collector, from: number, to: number): string[] {
  const verdicts: string[] = [];
  for (let seq = from; seq <= to; seq++) {
    const event: TrackEvent = {
      type: 'metric',
      runId: collector.runId,
      worker: 'w',
      incarnation: '00000001-a',
      seq,
      ts: 1e15 + seq,
      key: 'loss',
      value: seq,
      step: seq,
    };
    const bytes = encodeEvent(event);
    verdicts.push(collector.accept(collector.laneFor(event), event, bytes, 0, bytes.length));
  }
  return [...new Set(verdicts)];
}

async function stored(store: Store, runId: string): Promise<{ events: number; points: number; contiguous: number }> {
  let events = 0;
  for await (const block of store.readBlocks(runId)) events += block.events;
  const [series] = await store.readSeries({ runId, key: 'loss' });
  const [mark] = await store.getMarks(runId);
  return { events, points: series?.total ?? 0, contiguous: mark?.contiguous ?? 0 };
}

const refusal = async (): Promise<never> => {
  throw new XTrackError('XT_STORE_WRITE', { detail: 'no' });
};

async function load(hub: Hub, runId: string): Promise<Collector> {
  const collector = await hub.collector(runId);
  hub.hold(runId);
  return collector;
}

describe('a commit that fails as a whole', () => {
  it('is forgotten with all that came in after it was cut, and what is sent again is stored once', async () => {
    const { faulty, hub, failures } = await stage();
    const run = await load(hub, 'r');
    send(run, 1, 100);
    let fail: (() => void) | undefined;
    faulty.next.push(
      () =>
        new Promise((_resolve, reject) => {
          fail = () => reject(new XTrackError('XT_STORE_WRITE'));
        }),
    );
    const flushed = hub.journal.flush();
    await expect.poll(() => fail).toBeDefined();
    send(run, 101, 150);
    fail?.();
    await expect(flushed).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    expect(failures).toHaveLength(1);
    await hub.journal.flush();
    expect(await stored(faulty.inner, 'r')).toEqual({ events: 0, points: 0, contiguous: 0 });
    expect([run.dead?.code, send(run, 151, 151)]).toEqual(['XT_STORE_WRITE', ['gone']]);
    const again = await load(hub, 'r');
    expect([again === run, again.lane('w', '00000001-a').durable]).toEqual([false, 0]);
    send(again, 1, 150);
    await hub.journal.flush('r');
    expect(await stored(faulty.inner, 'r')).toEqual({ events: 150, points: 150, contiguous: 150 });
    expect((await faulty.inner.getRun('r'))?.counts).toEqual({ metric: 150 });
  });

  it('may have been stored after all: what is sent again is known', async () => {
    const { faulty, hub } = await stage();
    const run = await load(hub, 'r');
    send(run, 1, 20);
    faulty.next.push(async (commit, batch) => {
      await commit(batch);
      throw new XTrackError('XT_STORE_WRITE', { detail: 'the connection was lost' });
    });
    await expect(hub.journal.flush('r')).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    const again = await load(hub, 'r');
    expect(send(again, 1, 20)).toEqual(['duplicate']);
    expect(send(again, 21, 30)).toEqual(['new']);
    await hub.journal.flush('r');
    expect(await stored(faulty.inner, 'r')).toEqual({ events: 30, points: 30, contiguous: 30 });
  });

  it('leaves runs alone of which it held nothing', async () => {
    const { faulty, hub } = await stage();
    const [one, other] = [await load(hub, 'one'), await load(hub, 'other')];
    send(one, 1, 5);
    faulty.next.push(() => {
      send(other, 1, 5);
      return refusal();
    });
    const flushed = hub.journal.flush('one');
    await expect(flushed).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    await hub.journal.flush('other');
    expect([other.dead, hub.loaded('other') === other, hub.loaded('one')]).toEqual([undefined, true, undefined]);
    expect(await stored(faulty.inner, 'other')).toEqual({ events: 5, points: 5, contiguous: 5 });
  });

  it('keeps the commands that people gave', async () => {
    const { faulty, hub } = await stage();
    send(await load(hub, 'r'), 1, 1);
    await hub.journal.flush('r');
    faulty.next.push(refusal);
    hub.commands.issue('r', 'pause', {}, {});
    await expect(hub.journal.flush()).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    await expect.poll(() => faulty.inner.getCommands('r')).toMatchObject([{ command: 'pause' }]);
  });
});

describe('a run that somebody else wrote to', () => {
  it('is refused alone, read anew, and goes on from what is stored', async () => {
    const { faulty, hub, failures } = await stage();
    const other = new Hub({ store: faulty.inner, onCommitFailure: () => undefined });
    const [run, innocent] = [await load(hub, 'r'), await load(hub, 'x')];
    send(run, 1, 10);
    send(innocent, 1, 10);
    await hub.journal.flush();
    // It was cut off, and its run was taken over meanwhile.
    send(await load(other, 'r'), 11, 20);
    await other.journal.flush('r');
    let sentAway: XTrackError | undefined;
    run.lane('w', '00000001-a').owner = { acknowledge: () => undefined, fence: (why) => (sentAway = why) };
    send(run, 11, 15);
    send(innocent, 11, 20);
    await expect(hub.journal.flush('r')).rejects.toMatchObject({ code: 'XT_RUN_CHANGED' });
    await hub.journal.flush('x');
    expect([sentAway?.code, run.dead?.code, innocent.dead, failures]).toEqual(['XT_RUN_CHANGED', 'XT_RUN_CHANGED', undefined, []]);
    expect((await load(hub, 'r')).lane('w', '00000001-a').durable).toBe(20);
    for (const runId of ['r', 'x']) expect(await stored(faulty.inner, runId)).toEqual({ events: 20, points: 20, contiguous: 20 });
  });

  it('is not brought back where it was removed', async () => {
    const { faulty, hub } = await stage();
    const run = await load(hub, 'r');
    send(run, 1, 3);
    await hub.journal.flush('r');
    await faulty.inner.deleteRun('r');
    send(run, 4, 5);
    await expect(hub.journal.flush('r')).rejects.toMatchObject({ code: 'XT_RUN_CHANGED' });
    const again = await load(hub, 'r');
    expect(send(again, 1, 6)).toEqual(['buried']);
    await hub.journal.flush();
    expect(await faulty.inner.getRun('r')).toBeUndefined();
  });

  it('is begun by one of two control planes that begin it at the same moment', async () => {
    const { faulty, hub } = await stage();
    const other = new Hub({ store: faulty.inner, onCommitFailure: () => undefined });
    const both = await Promise.allSettled([hub.create('r', () => undefined), other.create('r', () => undefined)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'XT_RUN_EXISTS' } });
  });

  it('is begun by one of two who ask one control plane', async () => {
    const { hub } = await stage();
    const both = await Promise.allSettled([hub.create('r', () => undefined), hub.create('r', () => undefined)]);
    expect(both).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'XT_RUN_EXISTS' } }]);
  });
});

describe('a run of which nobody speaks any more', () => {
  const age = (hub: Hub): void => (hub as unknown as { tick(now: number): void }).tick(performance.now() + 60_000);

  it('stays in memory while a commit of it is under way', async () => {
    const { faulty, hub } = await stage();
    const run = await hub.collector('r');
    let go: (() => void) | undefined;
    faulty.next.push(async (commit, batch) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return await commit(batch);
    });
    send(run, 1, 10);
    run.change((state) => {
      state.status = 'completed';
    });
    const flushed = hub.journal.flush('r');
    await expect.poll(() => go).toBeDefined();
    age(hub);
    expect(hub.loaded('r')).toBe(run);
    expect(send(await hub.collector('r'), 1, 10)).toEqual(['duplicate']);
    go?.();
    await flushed;
    await hub.journal.flush('r');
    age(hub);
    expect(hub.loaded('r')).toBeUndefined();
    expect(await stored(faulty.inner, 'r')).toEqual({ events: 10, points: 10, contiguous: 10 });
  });

  it('is let go of where it is interrupted, and taken up by whoever hears of its worker', async () => {
    const { faulty, hub } = await stage();
    send(await hub.collector('r'), 1, 1);
    await hub.journal.flush('r');
    age(hub);
    await hub.journal.flush('r');
    expect(await faulty.inner.getRun('r')).toMatchObject({ status: 'interrupted', owner: null });
    const commits = faulty.commits;
    for (let round = 0; round < 3; round++) {
      age(hub);
      expect([hub.loaded('r'), await hub.adopt()]).toEqual([undefined, []]);
    }
    expect(faulty.commits).toBe(commits);
    send(await hub.collector('r'), 2, 2);
    await hub.journal.flush('r');
    expect(await faulty.inner.getRun('r')).toMatchObject({ status: 'running', owner: { pid: process.pid } });
  });

  it('was never begun where only a hello came', async () => {
    const { faulty, hub } = await stage();
    (await hub.collector('r')).lane('w', '00000001-a');
    age(hub);
    await hub.journal.flush();
    expect([hub.loaded('r'), await faulty.inner.getRun('r')]).toEqual([undefined, undefined]);
  });
});
