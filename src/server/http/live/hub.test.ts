import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream } from '../../../../test/support/event-stream.js';
import { Peer } from '../../../../test/support/peer.js';
import type { TcpServer } from '../../../transports/listen/tcp.js';
import { XTrack } from '../../../xtrack.js';
import { LiveHub, type LiveLimits } from './hub.js';

const ALL = { name: 'all', grants: [{ scope: 'view', experiment: null }] } as const;

let xtrack: XTrack;
let tcp: TcpServer;
let hub: LiveHub;
let http: Server;
/** Answers whose client is connected. */
let answers: Set<object>;
const open: { close(): void }[] = [];

/** A hub with its own limits behind the barest HTTP server; the caller is what the address says. */
async function serve(limits: Partial<LiveLimits> = {}): Promise<void> {
  hub = new LiveHub(xtrack, limits);
  answers = new Set();
  http = createServer((request, response) => {
    const { searchParams: query } = new URL(request.url ?? '', 'http://localhost');
    const caller = query.get('caller') ?? 'somebody';
    try {
      hub.admit(caller);
    } catch {
      response.writeHead(429).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const types = query.get('types');
    const filter = { principal: ALL, ...(types !== null && { types: new Set(types.split(',')) }) };
    const remove = hub.add({ socket: response, filter, caller, isInForce: () => true }, query.get('lastEventId') ?? undefined);
    answers.add(response);
    response.once('close', () => {
      answers.delete(response);
      remove();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
}

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  tcp = await xtrack.startTcpServer({ port: 0 });
});

afterEach(async () => {
  for (const each of open.splice(0)) each.close();
  hub.close();
  await new Promise((resolve) => http.close(resolve));
  await xtrack.close();
});

async function follow(query = ''): Promise<EventStream> {
  const { port } = http.address() as AddressInfo;
  const stream = await EventStream.open(`http://127.0.0.1:${port}/${query}`, {});
  open.push(stream);
  return stream;
}

async function worker(runId = 'a'): Promise<Peer> {
  const peer = new Peer({ port: tcp.port }, { runId });
  open.push(peer);
  await peer.hello();
  return peer;
}

/** Log lines of `size` characters, acknowledged; and a metric after each. */
async function flood(peer: Peer, lines: number, size = 1_000): Promise<void> {
  for (let line = 0; line < lines; line += 1) {
    peer.send({ type: 'log', level: 'info', message: 'x'.repeat(size) });
    peer.send({ type: 'metric', key: `loss${line % 3}`, value: peer.seq, step: line });
    if (line % 200 === 0) await peer.acked(peer.seq);
  }
  await peer.acked(peer.seq);
}

const metricsOf = (stream: EventStream) => stream.items.filter(({ type }) => type === 'metric');

describe('a client that does not read', () => {
  it('stops nobody else, and is told that it missed something once it reads again', async () => {
    await serve();
    const [stalled, healthy] = [await follow(), await follow()];
    stalled.stall();
    const peer = await worker();
    await flood(peer, 6_000, 2_000);
    await healthy.waitFor(() => metricsOf(healthy).length === 6_000);
    expect(healthy.messages.every(({ event }) => event === 'items')).toBe(true);
    stalled.resume();
    await stalled.waitFor(() => stalled.messages.some(({ event }) => event === 'reset'));
    const after = stalled.messages.length;
    peer.send({ type: 'metric', key: 'last', value: 1 });
    await stalled.waitFor(() => metricsOf(stalled).some(({ key }) => key === 'last'));
    expect(stalled.messages.slice(after).every(({ event }) => event === 'items')).toBe(true);
  });

  it('gets the newest value of each series where metrics alone are too much, and is told how many are left out', async () => {
    await serve();
    // A pipe of 16 KiB that nobody reads yet: it is full with the first message.
    const pipe = new PassThrough();
    open.push({
      close: hub.add({ socket: pipe, filter: { principal: ALL, types: new Set(['metric']) }, caller: 'pipe', isInForce: () => true }),
    });
    const peer = await worker();
    const long = 'k'.repeat(300);
    for (let value = 1; value <= 10_000; value += 1) {
      peer.send({ type: 'metric', key: `${value % 5}${long}`, value });
      if (value % 500 === 0) await peer.acked(value);
    }
    const stream = new EventStream(pipe);
    await stream.waitFor(() => metricsOf(stream).some(({ value }) => value === 10_000));
    const values = metricsOf(stream).map(({ value }) => value);
    const lagged = stream.messages.filter(({ event }) => event === 'lagged').map(({ data }) => (data as { missed: number }).missed);
    expect(lagged).toHaveLength(1);
    expect((lagged[0] ?? 0) + values.length).toBe(10_000);
    expect(values.slice(-5)).toEqual([9_996, 9_997, 9_998, 9_999, 10_000]);
    expect(stream.messages.map(({ event }) => event).slice(-2)).toEqual(['lagged', 'items']);
  });

  it('costs no more than the ring that all share, however many there are', async () => {
    await serve({ ring: { items: 2_000, size: 256 * 1024 } });
    const stalled = await Promise.all(Array.from({ length: 40 }, () => follow()));
    for (const stream of stalled) stream.stall();
    const peer = await worker();
    await flood(peer, 1_500, 4_000);
    const held = [...answers].map((answer) => (answer as { writableLength: number }).writableLength);
    expect(held).toHaveLength(40);
    // One message at most, the rest lies in the ring.
    expect(Math.max(...held)).toBeLessThan(512 * 1024);
    const healthy = await follow();
    peer.send({ type: 'metric', key: 'last', value: 1 });
    await healthy.waitFor(() => metricsOf(healthy).some(({ key }) => key === 'last'));
  });
});

describe('a client that takes nothing for long', () => {
  it('is let go, and nobody else', async () => {
    await serve({ stallMs: 3_000 });
    const [stalled, healthy] = [await follow(), await follow()];
    stalled.stall();
    const peer = await worker();
    await flood(peer, 4_000, 4_000);
    await healthy.waitFor(() => hub.size === 1 && answers.size === 1);
    expect(healthy.closed).toBe(false);
  });
});

describe('a client that comes back', () => {
  it('is reset where what it missed is not kept any more', async () => {
    await serve({ ring: { items: 100, size: 1024 * 1024 } });
    const stream = await follow();
    const peer = await worker();
    await flood(peer, 10, 10);
    await stream.waitFor(() => metricsOf(stream).length === 10);
    stream.close();
    await flood(peer, 200, 10);
    const again = await follow(`?lastEventId=${stream.lastId}`);
    await again.waitFor(() => again.messages.length > 0);
    expect(again.messages[0]?.event).toBe('reset');
    await flood(peer, 5, 10);
    await again.waitFor(() => metricsOf(again).length === 5);
    expect(again.messages.slice(1).every(({ event }) => event === 'items')).toBe(true);
  });

  it('finds what came while nobody was connected', async () => {
    await serve();
    const stream = await follow();
    const peer = await worker();
    stream.close();
    await stream.waitFor(() => hub.size === 0);
    await flood(peer, 10, 10);
    const again = await follow(`?lastEventId=${stream.lastId}`);
    await again.waitFor(() => metricsOf(again).length === 10);
  });
});

describe('the places for clients', () => {
  it('are bounded, for one caller and in all, and free again when a client goes', async () => {
    await serve({ clients: 5, clientsPerCaller: 3 });
    const mine = await Promise.all([follow(), follow(), follow()]);
    expect((await follow()).status).toBe(429);
    await Promise.all([follow('?caller=other'), follow('?caller=third')]);
    expect((await follow('?caller=fourth')).status).toBe(429);
    mine[0]?.close();
    await mine[0]?.waitFor(() => hub.size === 4);
    expect((await follow()).status).toBe(200);
  });

  it('leave nothing behind: a client that goes is forgotten, its socket closed', async () => {
    await serve();
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow()));
    for (const stream of streams.slice(10)) stream.stall();
    const peer = await worker();
    await flood(peer, 500, 4_000);
    for (const stream of streams) stream.close();
    await streams[0]?.waitFor(() => hub.size === 0 && answers.size === 0);
    await flood(peer, 10, 10);
    expect(await new Promise((resolve) => http.getConnections((_error, count) => resolve(count)))).toBe(0);
  });
});
