// Memory for large frames is bounded for the process, and everybody gets a turn.

import { expect, it } from 'vitest';
import { FrameRoom, type Tenant } from './frame-room.js';

const tenant = (): Tenant => ({ leave: undefined });

it('gives out no more than there is, and the rest in the order in which it was asked for', () => {
  const room = new FrameRoom(100);
  const granted: string[] = [];
  const [a, b, c, d] = [tenant(), tenant(), tenant(), tenant()] as const;
  expect(room.take(a, 60, () => granted.push('a'))).toBe(true);
  expect(room.take(b, 60, () => granted.push('b'))).toBe(false);
  // There would be room for it, but it is not its turn.
  expect(room.take(c, 10, () => granted.push('c'))).toBe(false);
  expect(room.take(d, 95, () => granted.push('d'))).toBe(false);
  a.leave?.();
  expect(granted).toEqual(['b', 'c']);
  b.leave?.();
  expect(granted).toEqual(['b', 'c']);
  c.leave?.();
  expect(granted).toEqual(['b', 'c', 'd']);
});

it('forgets one that goes while it waits, and what one that went held', () => {
  const room = new FrameRoom(100);
  const granted: string[] = [];
  const [a, b, c] = [tenant(), tenant(), tenant()] as const;
  room.take(a, 100, () => undefined);
  room.take(b, 100, () => granted.push('b'));
  room.take(c, 100, () => granted.push('c'));
  b.leave?.();
  b.leave?.();
  expect(granted).toEqual(['b']);
  a.leave?.();
  a.leave?.();
  expect(granted).toEqual(['b', 'c']);
  expect(room.take(a, 1, () => undefined)).toBe(false);
  c.leave?.();
});
