// The net under all tests holds: what nobody caught fails the test, and buffers that were given back are spoiled.

import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { givenBack } from '../src/protocol/frames/given-back.js';
import { FaultWatch } from './support/fault-watch.js';

it('fails a test in which a promise was rejected and nobody heard', async () => {
  const source = new EventEmitter();
  const watch = new FaultWatch(source);
  await watch.check();
  source.emit('unhandledRejection', new Error('dropped'), Promise.resolve());
  await expect(watch.check()).rejects.toThrow('dropped');
  await watch.check();
});

it('fails a test in which a listener threw', async () => {
  const source = new EventEmitter();
  const watch = new FaultWatch(source);
  source.emit('uncaughtException', new Error('a listener'), 'uncaughtException');
  await expect(watch.check()).rejects.toThrow('a listener');
});

it('fails a test in which a timer was too long, below zero, or no number', async () => {
  const source = new EventEmitter();
  const watch = new FaultWatch(source);
  source.emit('warning', Object.assign(new Error('something else'), { name: 'XTrackWarning' }));
  await watch.check();
  source.emit('warning', Object.assign(new Error('-5 is a negative number'), { name: 'TimeoutNegativeWarning' }));
  await expect(watch.check()).rejects.toThrow('-5 is a negative number');
});

it('leaves the process as it was before the file', async () => {
  const source = new EventEmitter();
  const watch = new FaultWatch(source);
  source.emit('uncaughtException', new Error('the last'), 'uncaughtException');
  await expect(watch.close()).rejects.toThrow('the last');
  expect(source.eventNames()).toEqual([]);
});

it('spoils what was given back, here and in every process that a test starts', () => {
  const bytes = new Uint8Array(8);
  givenBack(bytes);
  expect([...bytes]).toEqual(new Array(8).fill(0xdb));
  expect(process.env.XTRACK_SPOIL_BUFFERS).toBe('1');
});
