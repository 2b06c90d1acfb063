// A run that sends more events than it may is read more slowly, and every one of them is stored.

import { expect, it } from 'vitest';
import { Peer } from '../../../test/support/peer.js';
import type { Collector } from '../../runtime/collector.js';
import { XTrack } from '../../xtrack.js';
import { pauseAfter } from './pace.js';

it('lets a second of events come at once, and then as many as may come', () => {
  const run = {} as Collector;
  expect(pauseAfter(run, 100, 100, 0)).toBe(0);
  expect(pauseAfter(run, 50, 100, 0)).toBe(500);
  expect(pauseAfter(run, 50, 100, 500)).toBe(500);
  expect(pauseAfter(run, 0, 100, 10_000)).toBe(0);
  expect(pauseAfter(run, 100, 100, 10_000)).toBe(0);
  expect(pauseAfter({} as Collector, 100, 100, 0)).toBe(0);
});

it('slows a worker over TCP down, loses nothing and holds up no other run', async () => {
  const xtrack = await XTrack.start({ store: 'memory' });
  const { port } = await xtrack.startTcpServer({ port: 0, maxEventsPerSecond: 2_000 });
  const [fast, other] = [new Peer({ port }, { runId: 'fast' }), new Peer({ port }, { runId: 'other' })];
  await fast.hello();
  await other.hello();
  const began = performance.now();
  for (let n = 0; n < 6_000; n++) fast.send({ type: 'metric', key: 'loss', value: n });
  other.send({ type: 'metric', key: 'loss', value: 1 });
  await other.acked(1);
  await expect.poll(() => fast.messages.some((message) => message.type === 'ack' && message.seq === 6_000)).toBe(true);
  // A chunk of 64 KiB more may have come before the pause.
  expect(performance.now() - began).toBeGreaterThan(1_000);
  const [series] = await xtrack.getMetrics('fast', 'loss', {});
  expect(series?.total).toBe(6_000);
  for (const peer of [fast, other]) peer.close();
  await xtrack.close();
});
