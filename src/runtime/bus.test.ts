import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../protocol/events.js';
import { Bus, type BusItem, type Lagged } from './bus.js';

const line = (runId: string, seq: number): LogEntry => ({
  type: 'log',
  runId,
  worker: '',
  incarnation: 'a',
  seq,
  ts: seq,
  level: 'info',
  message: `line ${seq}`,
});

async function take(items: AsyncIterator<BusItem | Lagged>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for (let index = 0; index < count; index += 1) {
    const { value } = await items.next();
    taken.push(value?.type === 'lagged' ? `lagged ${value.missed}` : value?.seq);
  }
  return taken;
}

describe('Bus', () => {
  it('gives each subscriber the events of its run, and a * subscriber those of all', async () => {
    const bus = new Bus();
    const one = bus.subscribe('r1');
    const all = bus.subscribe('*');
    bus.publish('r2', [line('r2', 1)]);
    bus.publish('r1', [line('r1', 2), line('r1', 3)]);
    expect(await take(one, 2)).toEqual([2, 3]);
    expect(await take(all, 3)).toEqual([1, 2, 3]);
  });

  it('tells a slow subscriber what it missed, keeps the newest and holds no more than its queue', async () => {
    const bus = new Bus();
    const slow = bus.subscribe('r1', { maxQueue: 3 });
    for (let seq = 1; seq <= 100_000; seq += 1) bus.publish('r1', [line('r1', seq)]);
    expect(await take(slow, 4)).toEqual(['lagged 99997', 99_998, 99_999, 100_000]);
  });

  it('tells a subscriber that came between the acceptance and the commit of events that it missed them', async () => {
    const bus = new Bus();
    const late = bus.subscribe('r1');
    bus.publish('r1', [line('r1', 8)], 7);
    expect(await take(late, 2)).toEqual(['lagged 7', 8]);
  });

  it('filters by type', async () => {
    const bus = new Bus();
    const items = bus.subscribe('r1', { types: ['run_end'] });
    bus.publish('r1', [line('r1', 1), { type: 'run_end', status: 'completed', runId: 'r1', worker: '', incarnation: 'a', seq: 9, ts: 9 }]);
    expect(await take(items, 1)).toEqual([9]);
  });

  it('wakes a waiting subscriber, and ends it on abort', async () => {
    const bus = new Bus();
    const controller = new AbortController();
    const items = bus.subscribe('r1', { signal: controller.signal });
    const waiting = items.next();
    bus.publish('r1', [line('r1', 1)]);
    expect((await waiting).done).toBe(false);
    const last = items.next();
    controller.abort();
    expect((await last).done).toBe(true);
    expect(bus.wants('r1')).toBe(false);
  });

  it('delivers what is queued when the bus closes, then ends', async () => {
    const bus = new Bus();
    const items = bus.subscribe('*');
    bus.publish('r1', [line('r1', 7)]);
    bus.close();
    expect((await items.next()).value).toMatchObject({ seq: 7 });
    expect((await items.next()).done).toBe(true);
  });

  it('leaves nothing behind when a subscriber returns early', async () => {
    const bus = new Bus();
    for await (const item of bus.subscribe('r1', { signal: AbortSignal.abort() })) expect(item).toBeUndefined();
    const early = bus.subscribe('r1');
    await early.return?.();
    expect(bus.wants('r1')).toBe(false);
  });
});
