// Peers that would fill our memory are not read any further, and those that do not read us go.

import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../../test/support/peer.js';
import { encodeEvent, type Hello, type WorkerMessage } from '../../protocol/index.js';
import { Hub } from '../../runtime/hub.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import { XTrack } from '../../xtrack.js';
import { Session } from './session.js';

const HELLO: Hello = { type: 'hello', runId: 'r', worker: '', incarnation: 'inc-1', capabilities: ['ack'] };

/** A connection whose peer reads nothing from the so-manieth byte on. */
class DeafConnection {
  readonly kind = 'tcp';
  sent = 0;
  paused = false;
  closed = false;
  reads = false;

  send(bytes: Uint8Array): boolean {
    this.sent += bytes.length;
    return this.reads || this.sent < 64 * 1024;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  close(): void {
    this.closed = true;
  }
}

describe('a peer that reads no answers', () => {
  let hub: Hub;
  let connection: DeafConnection;
  let session: Session;

  beforeEach(async () => {
    hub = new Hub({ store: await openMemoryStore(), onCommitFailure: () => undefined });
    await hub.collector('r');
    connection = new DeafConnection();
    session = new Session({ hub, connection, admission: { allowV1: false }, mode: 'socket' });
  });

  afterEach(async () => {
    session.closed();
    await hub.close();
  });

  /** Sends chunks as long as they would be read: how many that are. */
  function flood(chunk: Uint8Array): number {
    let chunks = 0;
    for (; !connection.paused && !connection.closed && chunks < 1_000; chunks++) session.receive(chunk);
    return chunks;
  }

  it.each<[string, WorkerMessage]>([
    ['hello after hello', HELLO],
    [
      'event after event that is refused',
      { ...HELLO, type: 'log', seq: 1, ts: 1, worker: '$', level: 'info', message: '' } as WorkerMessage,
    ],
  ])('is not read any further: %s', (_what, message) => {
    session.receive(encodeEvent(HELLO));
    // Between refused events one that is taken: too many in a row end a connection anyway.
    const taken = encodeEvent({ ...HELLO, type: 'log', seq: 1, ts: 1, level: 'info', message: '' } as WorkerMessage);
    const chunk = Buffer.concat([taken, ...Array.from({ length: 50 }, () => encodeEvent(message))]);
    expect(flood(chunk)).toBeLessThan(50);
    expect(connection.closed).toBe(false);
    expect(connection.sent).toBeLessThan(128 * 1024);
  });

  it('is read again once it reads, and sent away when it does not', async () => {
    session.receive(encodeEvent(HELLO));
    flood(Buffer.concat(Array.from({ length: 100 }, () => encodeEvent(HELLO))));
    connection.reads = true;
    session.drained();
    await expect.poll(() => connection.paused).toBe(false);
    session.checkDeadlines(performance.now() + 60_000);
    expect(connection.closed).toBe(false);
    connection.reads = false;
    flood(encodeEvent(HELLO));
    session.checkDeadlines(performance.now() + 20_000);
    expect(connection.closed).toBe(false);
    session.checkDeadlines(performance.now() + 31_000);
    expect(connection.closed).toBe(true);
  });

  it('gets the commands that waited, all of them, once it reads', async () => {
    session.receive(encodeEvent({ ...HELLO, capabilities: ['ack', 'command'] }));
    await expect.poll(() => connection.sent).toBeGreaterThan(0);
    flood(Buffer.concat(Array.from({ length: 100 }, () => encodeEvent(HELLO))));
    const before = connection.sent;
    for (let n = 0; n < 20; n++)
      session.sendCommand({ type: 'command', commandId: `c${n}`, command: 'custom', payload: { text: 'x'.repeat(10_000) } });
    expect(connection.sent).toBe(before);
    connection.reads = true;
    session.drained();
    expect(connection.sent).toBeGreaterThan(before + 200_000);
  });
});

describe('large frames', () => {
  const sockets: Socket[] = [];
  let xtrack: XTrack;
  let port: number;

  beforeEach(async () => {
    xtrack = await XTrack.start({ store: 'memory' });
    port = (await xtrack.startTcpServer({ port: 0 })).port;
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await xtrack.close();
  });

  it('that nobody finishes take a bounded amount of memory, and hold up nobody with small ones', async () => {
    const length = 16 * 1024 * 1024;
    const start = Buffer.alloc(4 + length - 1024, 0x61);
    start.writeUInt32BE(length);
    start.write('{"v":1,"t":"log","m":{"seq":1,"ts":1},"p":{"run_id":"big","level":"info","msg":"', 4);
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 12; n++) {
      const socket = connect(port);
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write(encodeEvent({ ...HELLO, runId: `big-${n}`, maxFrame: length }));
      socket.write(start);
    }
    // The peers of two have handed everything to the kernel; of the others the most lies here in the test.
    await expect.poll(() => sockets.filter((socket) => socket.writableLength === 0).length).toBe(2);
    const small = new Peer({ port }, { runId: 'small' });
    await small.hello();
    for (let n = 0; n < 100; n++) small.send({ type: 'metric', key: 'loss', value: n });
    await small.acked(100);
    small.close();
    expect(sockets.filter((socket) => socket.writableLength === 0).length).toBe(2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024);
  });

  it('are read in turn, and all of them are stored', async () => {
    const length = 12 * 1024 * 1024;
    const peers = Array.from({ length: 6 }, (_, n) => new Peer({ port }, { runId: `turn-${n}` }));
    for (const peer of peers) {
      peer.sendRaw({ type: 'hello', ...peer.identity, capabilities: ['ack'], maxFrame: length });
      peer.send({ type: 'log', level: 'info', message: 'x'.repeat(length - 1024) });
    }
    for (const peer of peers) {
      await expect.poll(() => peer.messages.some((message) => message.type === 'ack' && message.seq === 1)).toBe(true);
      peer.close();
    }
  });
});
