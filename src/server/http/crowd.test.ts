// A full listener, and who makes way for whom.

import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { Crowd } from './crowd.js';

class Fake extends EventEmitter {
  readonly remoteAddress: string;
  readonly idle: boolean;
  destroyed = false;

  constructor(remoteAddress: string, idle: boolean) {
    super();
    this.remoteAddress = remoteAddress;
    this.idle = idle;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function crowd(most: number): (address: string, idle: boolean) => Fake {
  const all = new Crowd(most, (socket) => (socket as unknown as Fake).idle);
  return (address, idle) => {
    const socket = new Fake(address, idle);
    expect(all.join(socket as unknown as Socket)).toBe(!socket.destroyed);
    return socket;
  };
}

it('idle connections make way, of whoever has most first, the oldest first', () => {
  const join = crowd(4);
  const [busy, first, second, other] = [join('a', false), join('a', true), join('a', true), join('b', true)];
  const fifth = join('b', true);
  expect([busy, first, second, other, fifth].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false, false]);
});

it('where nobody is idle the newcomer is sent away, and comes in once somebody has left', () => {
  const join = crowd(2);
  const one = join('a', false);
  join('b', false);
  expect(join('c', false).destroyed).toBe(true);
  one.destroy();
  expect(join('c', false).destroyed).toBe(false);
});

it('one address that holds more than half gives way to others, and not to itself', () => {
  const join = crowd(3);
  const one = join('a', false);
  join('a', false);
  join('b', false);
  expect(join('a', false).destroyed).toBe(true);
  expect(join('c', false).destroyed).toBe(false);
  expect(one.destroyed).toBe(true);
});
