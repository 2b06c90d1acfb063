// The capability `crc` on a live connection: offered, answered with checksums, and damage sends the peer to resume.

import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKSUM_BYTES, encodeEvent, HEADER_BYTES, LIMITS, type WorkerMessage, withChecksum } from '../../protocol/index.js';
import { XTrack } from '../../xtrack.js';

const IDENTITY = { runId: 'summed', worker: '', incarnation: 'inc-1' };
const metric = (seq: number, value: number): WorkerMessage => ({
  type: 'metric',
  ...IDENTITY,
  seq,
  ts: 1_700_000_000_000_000 + seq,
  key: 'loss',
  value,
});

let xtrack: XTrack;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  port = (await xtrack.startTcpServer({ port: 0 })).port;
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await xtrack.close();
});

/** A connection that said hello, and the texts of what it hears. */
function dial(capabilities: readonly string[], more: { maxFrame?: number } = {}) {
  const socket = connect(port);
  sockets.push(socket);
  let bytes = Buffer.alloc(0);
  const heard = { texts: [] as string[], closed: false };
  socket.on('error', () => undefined);
  socket.on('close', () => {
    heard.closed = true;
  });
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= HEADER_BYTES && bytes.length >= HEADER_BYTES + bytes.readUInt32BE()) {
      const end = HEADER_BYTES + bytes.readUInt32BE();
      heard.texts.push(bytes.toString('utf8', HEADER_BYTES, end));
      bytes = bytes.subarray(end);
    }
  });
  socket.write(encodeEvent({ type: 'hello', ...IDENTITY, capabilities, ...more }));
  return { socket, heard };
}

const said = (heard: { texts: string[] }, text: string): string | undefined => heard.texts.find((each) => each.includes(text));
const losses = async (): Promise<number[]> => {
  const [series] = await xtrack.getMetrics('summed', 'loss', {});
  return series?.kind === 'points' ? [...series.value] : [];
};

const wait = { timeout: 25_000 };

describe('a peer that names `crc`', () => {
  it('hears that it is known, and gets every message with a checksum that is right', async () => {
    const { socket, heard } = dial(['ack', 'crc']);
    socket.write(withChecksum(encodeEvent(metric(1, 0.5))));
    await expect.poll(() => said(heard, '"seq":1,"status":"ok"'), wait).toBeDefined();
    expect(said(heard, '"welcome"')).toContain('"crc"');
    for (const text of heard.texts) {
      const plain = Buffer.from(text.replace(/^\{"v":1,"c":"[0-9a-f]{8}",/, '{"v":1,'));
      const frame = Buffer.concat([Buffer.alloc(HEADER_BYTES), plain]);
      expect(Buffer.from(withChecksum(frame)).toString('utf8', HEADER_BYTES)).toBe(text);
    }
  });

  it('is sent away with the reason when a digit flipped, and loses nothing by sending again', async () => {
    const first = dial(['ack', 'crc']);
    const damaged = Buffer.from(withChecksum(encodeEvent(metric(2, 0.25))));
    damaged[damaged.length - 3] = (damaged[damaged.length - 3] as number) ^ 1;
    first.socket.write(Buffer.concat([withChecksum(encodeEvent(metric(1, 0.5))), damaged]));
    await expect.poll(() => first.heard.closed, wait).toBe(true);
    expect(said(first.heard, 'XT_FRAME_CHECKSUM')).toContain('"seq":0,"status":"error"');

    const second = dial(['ack', 'crc']);
    second.socket.write(Buffer.concat([metric(1, 0.5), metric(2, 0.25)].map((event) => withChecksum(encodeEvent(event)))));
    await expect.poll(() => said(second.heard, '"seq":2,"status":"ok"'), wait).toBeDefined();
    expect(await losses()).toEqual([0.5, 0.25]);
  });

  it('may send a frame of the full limit, its checksum not counted', async () => {
    const { socket, heard } = dial(['ack', 'crc']);
    const empty: WorkerMessage = { type: 'log', ...IDENTITY, seq: 1, ts: 0, level: 'info', message: '' };
    const room = LIMITS.frame - (encodeEvent(empty).length - HEADER_BYTES);
    const full = withChecksum(encodeEvent({ ...empty, message: 'x'.repeat(room) }));
    expect(full.length - HEADER_BYTES).toBe(LIMITS.frame + CHECKSUM_BYTES);
    socket.write(full);
    await expect.poll(() => said(heard, '"seq":1,"status":"ok"'), wait).toBeDefined();
  });
});

it('says nothing of checksums to a peer that does not know them', async () => {
  const { socket, heard } = dial(['ack']);
  socket.write(encodeEvent(metric(1, 0.5)));
  await expect.poll(() => said(heard, '"seq":1,"status":"ok"'), wait).toBeDefined();
  for (const text of heard.texts) expect(text).toMatch(/^\{"v":1,"t":/);
});
