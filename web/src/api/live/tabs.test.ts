import { expect, it } from 'vitest';
import type { LiveItem } from '../types';
import { Tabs, type ToTab } from './tabs';

class Port {
  readonly told: ToTab[] = [];
  postMessage(message: ToTab): void {
    this.told.push(message);
  }
}

const address = 'http://127.0.0.1/api/v1/events';
const item = (runId: string): LiveItem => ({ type: 'run_deleted', runId }) as LiveItem;

function made() {
  const asked: string[] = [];
  const addresses: string[] = [];
  const tabs = new Tabs((at) => {
    addresses.push(at);
    return { ask: (query) => asked.push(query) };
  });
  return { tabs, asked, addresses };
}

it('opens one stream for all tabs, and each hears what it listens to', () => {
  const { tabs, asked, addresses } = made();
  const [one, two] = [new Port(), new Port()];
  tabs.take(one, { type: 'listen', address, filters: [{ runs: ['a'] }] });
  tabs.take(two, { type: 'listen', address, filters: [{ runs: ['b'] }] });
  expect(addresses).toEqual([address]);
  expect(asked).toEqual(['?runs=a', '?runs=a%2Cb']);
  tabs.onItems([item('a'), item('b')]);
  tabs.onItems([item('b')]);
  expect(one.told).toEqual([{ type: 'items', items: [item('a')] }]);
  expect(two.told).toEqual([
    { type: 'items', items: [item('b')] },
    { type: 'items', items: [item('b')] },
  ]);
  tabs.take(one, { type: 'leave' });
  expect(asked.at(-1)).toBe('?runs=b');
});

it('a tab that joins an open stream reads everything once; one that only changes what it listens to does not', () => {
  const { tabs } = made();
  const [one, two] = [new Port(), new Port()];
  tabs.take(one, { type: 'listen', address, filters: [{}] });
  tabs.onState('live');
  tabs.onReset('the stream begins');
  expect(one.told.map(({ type }) => type)).toEqual(['state', 'reset']);
  tabs.take(two, { type: 'listen', address, filters: [{}] });
  expect(two.told.map(({ type }) => type)).toEqual(['state', 'reset']);
  tabs.take(two, { type: 'listen', address, filters: [{ runs: ['a'] }] });
  expect(two.told).toHaveLength(2);
});

it('gives up a tab that sleeps or is gone, and takes it back when it speaks', () => {
  const { tabs } = made();
  const [awake, asleep] = [new Port(), new Port()];
  for (const port of [awake, asleep]) tabs.take(port, { type: 'listen', address, filters: [{}] });
  for (let n = 0; n < 4; n += 1) {
    tabs.ping();
    tabs.take(awake, { type: 'here' });
  }
  expect(tabs.size).toBe(1);
  tabs.take(asleep, { type: 'here' });
  expect(asleep.told.at(-1)).toEqual({ type: 'again' });
});
