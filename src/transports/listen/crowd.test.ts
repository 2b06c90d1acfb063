// Whoever opens many connections and says nothing locks nobody out.

import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../../test/support/peer.js';
import { XTrack } from '../../xtrack.js';
import { type Stranger, Strangers } from './strangers.js';

interface Visitor extends Stranger {
  entered: boolean;
  closed: boolean;
}

function visitor(since: number): Visitor {
  const made: Visitor = {
    since,
    entered: false,
    closed: false,
    close: () => {
      made.closed = true;
    },
  };
  return made;
}

describe('strangers', () => {
  const crowd = (strangers: Strangers, address: string, count: number, since = 0): Visitor[] =>
    Array.from({ length: count }, () => {
      const made = visitor(since);
      strangers.add(address, made, since);
      return made;
    });

  it('of one address have a share: the oldest goes, and no newcomer', () => {
    const strangers = new Strangers();
    const many = crowd(strangers, 'a', 64);
    const later = visitor(2_000);
    strangers.add('a', later, 2_000);
    expect(many.map(({ closed }) => closed)).toEqual([true, ...new Array(63).fill(false)]);
    const burst = new Strangers();
    const atOnce = crowd(burst, 'a', 500);
    expect(atOnce.some(({ closed }) => closed)).toBe(false);
    crowd(burst, 'a', 600);
    expect(atOnce.filter(({ closed }) => closed)).toHaveLength(100);
  });

  it('that have entered are none, and those of other addresses have their own share', () => {
    const strangers = new Strangers();
    const many = crowd(strangers, 'a', 64);
    for (const each of many) each.entered = true;
    const other = crowd(strangers, 'b', 64);
    crowd(strangers, 'a', 1, 5_000);
    expect([...many, ...other].some(({ closed }) => closed)).toBe(false);
  });

  it('are the first to go where there is no room: the oldest of whoever has the most', () => {
    const strangers = new Strangers();
    const few = crowd(strangers, 'few', 2);
    const many = crowd(strangers, 'many', 3);
    expect(strangers.closeOne()).toBe(true);
    expect(many.map(({ closed }) => closed)).toEqual([true, false, false]);
    for (const each of [...few, ...many]) each.entered = true;
    expect(strangers.closeOne()).toBe(false);
    expect(few.some(({ closed }) => closed)).toBe(false);
  });
});

describe('a listener', () => {
  const idle: Socket[] = [];
  const peers: Peer[] = [];
  let xtrack: XTrack;

  beforeEach(async () => {
    xtrack = await XTrack.start({ store: 'memory' });
  });

  afterEach(async () => {
    for (const socket of idle.splice(0)) socket.destroy();
    for (const peer of peers.splice(0)) peer.close();
    await xtrack.close();
  });

  it('takes workers while thousands of connections say nothing, where nobody has to say anything', async () => {
    const { port } = await xtrack.startTcpServer({ port: 0, allowV1: true });
    const working = new Peer({ port }, { runId: 'before' });
    peers.push(working);
    await working.hello();
    for (let n = 0; n < 2_100; n++) {
      const socket = connect(port);
      socket.on('error', () => undefined);
      idle.push(socket);
      if (n % 100 === 99) await new Promise((resolve) => socket.once('connect', resolve));
    }
    for (let n = 0; n < 20; n++) {
      const peer = new Peer({ port }, { runId: `run-${n}` });
      peers.push(peer);
      await peer.hello();
      peer.send({ type: 'run_start' });
      await peer.acked(1);
    }
    working.send({ type: 'run_start' });
    await working.acked(1);
  });
});
