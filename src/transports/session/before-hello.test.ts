// What a peer can do that nobody let in, or that speaks in somebody else's name: nothing.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer, type PeerOptions } from '../../../test/support/peer.js';
import { encodeEvent } from '../../protocol/index.js';
import { XTrack } from '../../xtrack.js';

let xtrack: XTrack;
let port: number;
const peers: Peer[] = [];

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  port = (await xtrack.startTcpServer({ port: 0, token: 'shared' })).port;
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await xtrack.close();
});

function dial(options: Partial<PeerOptions> = {}): Peer {
  const peer = new Peer({ port }, { runId: 'victim', token: 'shared', capabilities: ['ack'], ...options });
  peers.push(peer);
  return peer;
}

/** An event without what it must have, in any name. */
function malformed(meta: Record<string, unknown>, runId = 'victim', type = 'metric'): Buffer {
  const body = Buffer.from(
    JSON.stringify({ v: 1, t: type, m: { ts: 1_700_000_000_000_000, inc: 'inc-1', ...meta }, p: { run_id: runId, key: 'loss' } }),
  );
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/** The code with which the connection ended. */
async function ended(peer: Peer): Promise<string | undefined> {
  await expect.poll(() => peer.closed, { timeout: 60_000 }).toBe(true);
  const error = peer.messages.find((message) => message.type === 'ack' && message.seq === 0 && message.status === 'error');
  return /XT_\w+/.exec(JSON.stringify(error))?.[0];
}

const points = async (): Promise<number[]> => {
  const [series] = await xtrack.getMetrics('victim', 'loss', {});
  return series?.kind === 'points' ? [...series.value] : [];
};

/** An honest worker that has sent two events. */
async function begin(): Promise<Peer> {
  const worker = dial();
  await worker.hello();
  worker.send({ type: 'run_start' });
  worker.send({ type: 'metric', key: 'loss', value: 2 });
  await worker.acked(2);
  return worker;
}

/** Nothing of what the stranger did is to be seen, and the worker's next events are taken. */
async function unharmed(worker: Peer): Promise<void> {
  for (let seq = 3; seq <= 50; seq++) worker.send({ type: 'metric', key: 'loss', value: seq });
  await worker.acked(50);
  expect(await points()).toEqual(Array.from({ length: 49 }, (_, index) => index + 2));
  expect(await xtrack.getGaps('victim')).toEqual([]);
  expect((await xtrack.listRuns()).map(({ runId }) => runId)).toEqual(['victim']);
}

describe('before an accepted hello', () => {
  const strangers: [string, () => Uint8Array][] = [
    ['malformed events', () => Buffer.concat(Array.from({ length: 48 }, (_, index) => malformed({ seq: index + 3 })))],
    [
      'malformed events of new runs',
      () => Buffer.concat(Array.from({ length: 20 }, (_, index) => malformed({ seq: 1 }, `made-by-nobody-${index}`))),
    ],
    ['a malformed event without a number', () => malformed({})],
    ['an event of a type nobody knows', () => malformed({ seq: 3 }, 'victim', 'x_mine')],
    ['a heartbeat', () => encodeEvent({ type: 'heartbeat', runId: 'victim', worker: '', incarnation: 'inc-1', lastSeq: 1_000_000_000 })],
    [
      'a well-formed event',
      () => encodeEvent({ type: 'metric', runId: 'victim', worker: '', incarnation: 'inc-1', seq: 3, ts: 1, key: 'loss', value: 9 }),
    ],
    ['what is no frame', () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ];

  it.each(strangers)('%s: no effect, and the door', async (_what, bytes) => {
    const worker = await begin();
    const stranger = dial();
    stranger.write(bytes());
    expect(await ended(stranger)).toMatch(/^XT_(HELLO_REQUIRED|FRAME_TOO_LARGE)$/);
    expect(await xtrack.getWarnings('victim')).toEqual([]);
    await unharmed(worker);
  });

  it('a wrong token and events behind it in the same chunk: no effect', async () => {
    const worker = await begin();
    const stranger = dial();
    stranger.write(
      Buffer.concat([
        encodeEvent({ type: 'hello', runId: 'victim', worker: '', incarnation: 'inc-1', capabilities: ['ack'], token: 'wrong' }),
        malformed({ seq: 3 }),
      ]),
    );
    expect(await ended(stranger)).toBe('XT_TOKEN');
    await unharmed(worker);
  });

  it('whoever only asks who is there has not said who it is', async () => {
    const asker = dial({ capabilities: ['probe'] });
    await asker.hello();
    asker.write(malformed({ seq: 3 }));
    expect(await ended(asker)).toBe('XT_HELLO_REQUIRED');
  });

  it('a frame of more than 64 KiB is not waited for', async () => {
    const stranger = dial();
    const head = Buffer.alloc(4);
    head.writeUInt32BE(64 * 1024 + 1);
    stranger.write(head);
    expect(await ended(stranger)).toBe('XT_FRAME_TOO_LARGE');
  });
});

describe('a peer that is let in, in the name of another worker', () => {
  const other = { runId: 'victim', worker: 'other', incarnation: 'inc-9' };

  async function enter(): Promise<Peer> {
    const peer = dial({ worker: other.worker, incarnation: other.incarnation });
    await peer.hello();
    return peer;
  }

  it('takes no number from it with malformed events', async () => {
    const worker = await begin();
    const peer = await enter();
    for (let seq = 3; seq <= 50; seq++) peer.write(malformed({ seq }));
    await peer.waitFor((message) => message.type === 'ack' && message.status === 'error' && message.seq === 50);
    await unharmed(worker);
  });

  it('plants no hole with a heartbeat', async () => {
    const worker = await begin();
    const peer = await enter();
    peer.sendRaw({ type: 'heartbeat', runId: 'victim', worker: '', incarnation: 'inc-1', lastSeq: 1_000_000_000 });
    peer.send({ type: 'log', level: 'info', message: 'hello' });
    await peer.acked(1);
    await unharmed(worker);
    expect(await xtrack.getWarnings('victim')).toEqual([]);
  });

  it('makes no run with malformed events', async () => {
    const worker = await begin();
    const peer = await enter();
    for (let n = 0; n < 20; n++) peer.write(malformed({ seq: n + 1 }, `made-by-nobody-${n}`));
    await peer.waitFor((message) => message.type === 'ack' && message.status === 'error' && message.seq === 20);
    await unharmed(worker);
  });

  it.each(['$xtrack', '$', '$other'])('cannot be %s, not even with what is malformed', async (worker) => {
    const honest = await begin();
    const peer = await enter();
    peer.write(malformed({ seq: Number.MAX_SAFE_INTEGER, wid: worker }));
    peer.sendRaw({ type: 'log', runId: 'victim', worker, incarnation: 'inc-1', seq: 1, ts: 1, level: 'info', message: 'mine' });
    await peer.waitFor((message) => message.type === 'ack' && message.status === 'error' && message.seq === 1);
    peer.sendRaw({ type: 'hello', runId: 'victim', worker, incarnation: 'inc-1', capabilities: ['ack'], token: 'shared' });
    expect(await ended(peer)).toBe('XT_WORKER_RESERVED');
    await xtrack.updateRun('victim', { tags: { a: 'b' } });
    expect((await xtrack.getRun('victim')).tags).toEqual({ a: 'b' });
    await unharmed(honest);
  });
});

describe('in its own name', () => {
  it('a refused event uses up its number, and what follows is acknowledged', async () => {
    const worker = await begin();
    worker.write(malformed({ seq: 3 }));
    worker.send({ type: 'metric', key: 'loss', value: 4 }, 4);
    await worker.acked(4);
    expect(await points()).toEqual([2, 4]);
    expect(await xtrack.getWarnings('victim')).toMatchObject([{ code: 'XT_FIELD_REQUIRED', seq: 3 }]);
  });

  it('a heartbeat beyond what can be on its way, and a gap beyond its own event, are not believed', async () => {
    const worker = await begin();
    worker.sendRaw({ type: 'heartbeat', runId: 'victim', worker: '', incarnation: 'inc-1', lastSeq: 1_000_000_000 });
    worker.send({ type: 'gap', from: 3, to: 9_000_000_000_000, reason: 'none' }, 5);
    await worker.acked(5);
    for (let seq = 6; seq <= 40; seq++) worker.send({ type: 'metric', key: 'loss', value: seq }, seq);
    await worker.acked(40);
    expect(worker.messages.every((message) => message.type !== 'ack' || message.seq <= 40)).toBe(true);
    expect(await xtrack.getGaps('victim')).toMatchObject([
      { from: 41, to: 20_002 },
      { from: 3, to: 4 },
    ]);
  });

  it('numbers and times that are not what they say are flagged, once each', async () => {
    const worker = await begin();
    const raw = (seq: number, value: string, ts: string): void => {
      const body = `{"v":1,"t":"metric","m":{"seq":${seq},"ts":${ts},"inc":"inc-1"},"p":{"run_id":"victim","key":"odd","value":${value}}}`;
      const head = Buffer.alloc(4);
      head.writeUInt32BE(Buffer.byteLength(body));
      worker.write(Buffer.concat([head, Buffer.from(body)]));
    };
    raw(3, '1e400', '1700000000000000');
    raw(4, '9007199254740993', '1700000000000000');
    raw(5, '"9007199254740993"', '1700000000000000');
    raw(6, '1e5', '86400000000');
    raw(7, '-1e999', '4102444800000001');
    raw(8, '1e300', '1700000000000000');
    await worker.acked(8);
    const [series] = await xtrack.getMetrics('victim', 'odd', {});
    expect(series?.kind === 'points' && [...series.value]).toEqual([Infinity, 9007199254740992, 9007199254740992, 1e5, -Infinity, 1e300]);
    expect((await xtrack.getWarnings('victim')).map(({ code, seq }) => [code, seq])).toEqual([
      ['XT_NUMBER_OVERFLOW', 3],
      ['XT_NUMBER_INEXACT', 4],
      ['XT_CLOCK', 6],
    ]);
  });
});
