import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../test/support/peer.js';
import { encodeEvent, type TrackEvent } from './protocol/index.js';
import type { TcpServer } from './transports/listen/tcp.js';
import { streamFile } from './transports/recorded/file.js';
import { XTrack } from './xtrack.js';

let xtrack: XTrack;
let tcp: TcpServer;
let folder: string;
const peers: Peer[] = [];

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  tcp = await xtrack.startTcpServer({ port: 0 });
  folder = await mkdtemp(join(tmpdir(), 'xtrack-test-'));
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await xtrack.close();
  await rm(folder, { recursive: true, force: true });
});

async function connectPeer(options: ConstructorParameters<typeof Peer>[1]): Promise<Peer> {
  const peer = new Peer({ port: tcp.port }, options);
  peers.push(peer);
  await peer.hello();
  return peer;
}

const metric = (key: string, value: number, step: number): { type: 'metric'; key: string; value: number; step: number } => ({
  type: 'metric',
  key,
  value,
  step,
});

describe('a worker over TCP', () => {
  it('is welcomed, acknowledged once its events are stored, and its run completes', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start', name: 'first', experimentId: 'e1', tags: { kind: 'test' } });
    peer.send({ type: 'param', key: 'optimizer.lr', value: 0.001 });
    for (let step = 1; step <= 100; step += 1) peer.send(metric('loss', 1 / step, step));
    peer.send({ type: 'run_end', status: 'completed' });
    await peer.acked(103);
    const run = await xtrack.waitForRun('r1');
    expect(run).toMatchObject({ status: 'completed', name: 'first', experimentId: 'e1', tags: { kind: 'test' } });
    expect(await xtrack.getParams('r1')).toEqual({ 'optimizer.lr': 0.001 });
    const [series] = await xtrack.getMetrics('r1', 'loss');
    expect(series).toMatchObject({ kind: 'points', total: 100 });
    expect(await xtrack.getGaps('r1')).toEqual([]);
  });

  it('may send everything again without effect, and is acknowledged again', async () => {
    const first = await connectPeer({ runId: 'r1' });
    first.send({ type: 'run_start' });
    first.send(metric('loss', 1, 1));
    await first.acked(2);
    const second = await connectPeer({ runId: 'r1' });
    expect((second.messages[0] as { resumeFrom: number }).resumeFrom).toBe(3);
    second.send({ type: 'run_start' });
    second.send(metric('loss', 1, 1));
    second.send(metric('loss', 2, 2));
    await second.acked(3);
    await first.waitClosed();
    const [series] = await xtrack.getMetrics('r1', 'loss');
    expect(series?.total).toBe(2);
    expect((await xtrack.getRun('r1')).counts).toMatchObject({ run_start: 1, metric: 2 });
  });

  it('has its gap recorded, is asked for it, and fills it late', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    peer.send(metric('loss', 4, 4), 4);
    await peer.acked(1);
    const asked = await peer.waitFor((message) => message.type === 'ack' && message.resend !== undefined);
    expect(asked).toMatchObject({ resend: { from: 2, to: 3 } });
    expect(await xtrack.getGaps('r1')).toMatchObject([{ from: 2, to: 3, reason: null }]);
    peer.send(metric('loss', 2, 2), 2);
    peer.send(metric('loss', 3, 3), 3);
    await peer.acked(4);
    expect(await xtrack.getGaps('r1')).toEqual([]);
    const [series] = await xtrack.getMetrics('r1', 'loss');
    expect(series?.kind === 'points' && [...series.value]).toEqual([2, 3, 4]);
  });

  it('declares what it dropped: the acknowledgement passes, the run says so', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    peer.send({ type: 'gap', from: 2, to: 9, reason: 'spool_full', counts: { metric: 8 } }, 10);
    await peer.acked(10);
    expect(await xtrack.getGaps('r1')).toMatchObject([{ from: 2, to: 9, reason: 'spool_full' }]);
  });

  it('has one bad event refused alone', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    const bad = new TextEncoder().encode('{"v":1,"t":"metric","m":{"seq":2,"ts":1,"inc":"inc-1"},"p":{"run_id":"r1","key":"loss"}}');
    peer.write(new Uint8Array([0, 0, 0, bad.length]));
    peer.write(bad);
    peer.send(metric('loss', 1, 1), 3);
    await peer.acked(3);
    expect(await peer.waitFor((message) => message.type === 'ack' && message.status === 'error')).toMatchObject({ seq: 2 });
    expect(await xtrack.getWarnings('r1')).toMatchObject([{ code: 'XT_FIELD_REQUIRED', field: 'p.value', seq: 2 }]);
  });

  it('that speaks another protocol is sent away at once', async () => {
    const peer = new Peer({ port: tcp.port }, { runId: 'r1' });
    peers.push(peer);
    peer.write(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'));
    await peer.waitClosed();
    expect(await xtrack.listRuns()).toEqual([]);
  });

  it('without hello is only taken where the listener allows it, and then gets no acks', async () => {
    const strict = new Peer({ port: tcp.port }, { runId: 'r1' });
    peers.push(strict);
    strict.send({ type: 'run_start' });
    await strict.waitClosed();
    const open = await xtrack.startTcpServer({ port: 0, allowV1: true });
    const plain = new Peer({ port: open.port }, { runId: 'r2', incarnation: '' });
    peers.push(plain);
    plain.send({ type: 'run_start', name: 'legacy' });
    plain.send({ type: 'run_end', status: 'completed' });
    const changes = xtrack.waitForRun.bind(xtrack);
    await expect.poll(async () => (await xtrack.listRuns()).length).toBe(1);
    expect((await changes('r2')).name).toBe('legacy');
    expect(plain.messages).toEqual([]);
  });

  it('needs the token where there is one', async () => {
    const guarded = await xtrack.startTcpServer({ port: 0, token: 'secret' });
    const stranger = new Peer({ port: guarded.port }, { runId: 'r1', token: 'guess' });
    peers.push(stranger);
    await expect(stranger.hello()).rejects.toThrow();
    expect(stranger.messages[0]).toMatchObject({ type: 'ack', status: 'error' });
    expect((stranger.messages[0] as { error: string }).error).toContain('XT_TOKEN');
    const known = new Peer({ port: guarded.port }, { runId: 'r1', token: 'secret' });
    peers.push(known);
    expect(await known.hello()).toMatchObject({ type: 'welcome' });
  });

  it('may not pose as the control plane', async () => {
    const peer = new Peer({ port: tcp.port }, { runId: 'r1', worker: '$xtrack' });
    peers.push(peer);
    await expect(peer.hello()).rejects.toThrow('XT_WORKER_RESERVED');
  });
});

describe('two workers of one run', () => {
  it('each count from 1, interleaved, and are told apart', async () => {
    const zero = await connectPeer({ runId: 'r1', worker: '0' });
    const one = await connectPeer({ runId: 'r1', worker: '1' });
    zero.send({ type: 'run_start' });
    one.send({ type: 'run_start' });
    for (let step = 1; step <= 50; step += 1) {
      zero.send(metric('loss', step, step));
      one.send(metric('loss', -step, step));
    }
    zero.send({ type: 'run_end', status: 'completed' });
    await zero.acked(52);
    expect((await xtrack.getRun('r1')).status).toBe('running');
    one.send({ type: 'run_end', status: 'completed' });
    await one.acked(52);
    expect((await xtrack.waitForRun('r1')).status).toBe('completed');
    const series = await xtrack.getMetrics('r1', 'loss');
    expect(series.map(({ worker, total }) => [worker, total])).toEqual([
      ['0', 50],
      ['1', 50],
    ]);
    expect((await xtrack.getMetrics('r1', 'loss', { worker: '1' })).map(({ worker }) => worker)).toEqual(['1']);
  });
});

describe('commands', () => {
  it('reach the worker and resolve with its answer', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    await peer.acked(1);
    const answer = xtrack.sendCommand('r1', 'adjust_lr', { lr: 0.1 });
    const command = await peer.command();
    expect(command).toMatchObject({ command: 'adjust_lr', payload: { lr: 0.1 } });
    peer.send({ type: 'command_result', commandId: command.commandId, status: 'ok', result: { lr: 0.1 } });
    expect(await answer).toMatchObject({ status: 'ok', result: { lr: 0.1 } });
  });

  it('wait for a worker that reconnects, and expire without one', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    await peer.acked(1);
    peer.close();
    await peer.waitClosed();
    expect(await xtrack.sendCommand('r1', 'pause', {}, { expiresInMs: 50 })).toMatchObject({ status: 'expired' });
    const later = xtrack.sendCommand('r1', 'pause');
    const again = await connectPeer({ runId: 'r1' });
    const { commandId } = await again.command();
    again.send({ type: 'command_result', commandId, status: 'unsupported' }, 2);
    expect(await later).toMatchObject({ status: 'unsupported' });
  });
});

describe('subscribers', () => {
  it('hear events once they are stored, and the end of the run', async () => {
    const heard: string[] = [];
    const controller = new AbortController();
    const listening = (async () => {
      for await (const item of xtrack.subscribe('*', { signal: controller.signal })) {
        heard.push(item.type === 'run_changed' ? `run ${item.run.status}` : item.type);
        if (item.type === 'run_changed' && item.run.status === 'completed') return;
      }
    })();
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    await peer.acked(1);
    peer.send(metric('loss', 1, 1));
    await peer.acked(2);
    peer.send({ type: 'run_end', status: 'completed' });
    await listening;
    controller.abort();
    expect(heard).toEqual(['run_start', 'run running', 'metric', 'run_end', 'run completed']);
  });
});

describe('recorded files', () => {
  const events: TrackEvent[] = [
    { type: 'run_start', name: 'recorded' },
    metric('loss', 1, 1),
    metric('loss', 0.5, 2),
    { type: 'run_end', status: 'completed' as const },
  ].map(
    (body, index) => ({ ...body, runId: 'r1', worker: '', incarnation: 'a', seq: index + 1, ts: 1_000_000 + index * 40_000 }) as TrackEvent,
  );
  const recording = Buffer.concat(events.map((event) => encodeEvent(event)));

  it('replay, twice without effect, and export byte for byte', async () => {
    const path = join(folder, 'log.xtrack');
    await writeFile(path, recording);
    expect(await xtrack.replayFile(path)).toMatchObject({ runIds: ['r1'], events: 4, duplicates: 0, truncated: null });
    expect(await xtrack.replayFile(path)).toMatchObject({ events: 0, duplicates: 4 });
    const exported: Uint8Array[] = [];
    for await (const bytes of xtrack.exportRun('r1')) exported.push(bytes);
    expect(Buffer.concat(exported).equals(recording)).toBe(true);
  });

  it('replay under another run id, at their own pace', async () => {
    const path = join(folder, 'log.xtrack');
    await writeFile(path, recording);
    const started = performance.now();
    expect(await xtrack.replayFile(path, { runId: 'copy', speed: 'realtime' })).toMatchObject({ runIds: ['copy'], events: 4 });
    expect(performance.now() - started).toBeGreaterThan(100);
    expect(await xtrack.getRun('copy')).toMatchObject({ status: 'completed', name: 'recorded' });
  });

  it('report a half-written last frame, a damaged middle, and keep the rest', async () => {
    const path = join(folder, 'log.xtrack');
    const printed = Buffer.from('Epoch 1 done\n');
    const head = encodeEvent(events[0] as TrackEvent);
    await writeFile(path, Buffer.concat([head, printed, recording.subarray(head.length, recording.length - 10), Buffer.alloc(5000)]));
    const report = await xtrack.replayFile(path);
    expect(report).toMatchObject({ events: 3, skippedBytes: printed.length + (report.truncated?.bytes ?? 0) });
    expect(report.truncated?.bytes).toBeGreaterThan(0);
    const kinds: string[] = [];
    for await (const item of streamFile(path)) kinds.push(item.kind);
    expect(kinds.filter((kind) => kind === 'message')).toHaveLength(3);
  });
});

describe('spawned processes', () => {
  it('have their output kept line by line, by stream, and end completed on exit code 0', async () => {
    const { runId } = await xtrack.startRun({ command: 'sh', args: ['-c', 'echo one; echo two >&2; printf three'], name: 'sh' });
    expect(await xtrack.waitForRun(runId)).toMatchObject({ status: 'completed', exit: { code: 0, signal: null } });
    const logs = await xtrack.getLogs(runId);
    expect(logs.filter(({ logger }) => logger === 'stdout').map(({ message }) => message)).toEqual(['one', 'three']);
    expect(logs.filter(({ logger }) => logger === 'stderr').map(({ message }) => message)).toEqual(['two']);
  });

  it('end failed with the exit code and the last stderr lines', async () => {
    const { runId } = await xtrack.startRun({ command: 'sh', args: ['-c', 'echo bad thing >&2; exit 3'] });
    expect(await xtrack.waitForRun(runId)).toMatchObject({
      status: 'failed',
      exit: { code: 3, stderrTail: ['bad thing'] },
      error: { type: 'ExitCode' },
    });
  });

  it('end failed with the signal when they are killed', async () => {
    const run = await xtrack.startRun({ command: 'sleep', args: ['60'] });
    process.kill(run.process?.pid as number, 'SIGKILL');
    expect(await xtrack.waitForRun(run.runId)).toMatchObject({
      status: 'failed',
      exit: { code: null, signal: 'SIGKILL', signalNumber: 9 },
    });
  });

  it('are stopped as a group: SIGTERM, then SIGKILL for those that ignore it', async () => {
    const { runId } = await xtrack.startRun({ command: 'sh', args: ['-c', 'trap "" TERM; echo deaf; sleep 60 & wait; sleep 60'] });
    await expect.poll(async () => (await xtrack.getLogs(runId)).map(({ message }) => message)).toEqual(['deaf']);
    expect(await xtrack.stopRun(runId, { graceMs: 300 })).toMatchObject({ status: 'killed', exit: { signal: 'SIGKILL' } });
  });

  it('have as long to end as they are given, for ever too', async () => {
    const script = 'trap "echo ends; sleep 0.3; exit 0" TERM; echo up; while :; do sleep 0.05; done';
    const { runId } = await xtrack.startRun({ command: 'sh', args: ['-c', script] });
    const lines = async (): Promise<string[]> => (await xtrack.getLogs(runId)).map(({ message }) => message);
    await expect.poll(lines).toEqual(['up']);
    expect(await xtrack.stopRun(runId, { graceMs: Number.POSITIVE_INFINITY })).toMatchObject({
      status: 'killed',
      exit: { code: 0, signal: null },
    });
    expect(await lines()).toContain('ends');
  });

  it('that cannot start say why', async () => {
    await expect(xtrack.startRun({ command: 'no-such-program', runId: 'nope' })).rejects.toMatchObject({ code: 'XT_SPAWN' });
    expect(await xtrack.getRun('nope')).toMatchObject({ status: 'failed', error: { type: 'XT_SPAWN' } });
    await expect(xtrack.startRun({ command: 'true', runId: 'nope' })).rejects.toMatchObject({ code: 'XT_RUN_EXISTS' });
    await expect(xtrack.startRun({ command: 'true', runId: '../x' })).rejects.toMatchObject({ code: 'XT_RUN_ID' });
  });

  it('do not wait for a grandchild that holds the event socket open', async () => {
    const { runId } = await xtrack.startRun({ command: 'sh', args: ['-c', 'sleep 30 & exit 0'] });
    expect((await xtrack.waitForRun(runId)).status).toBe('completed');
  });
});

describe('deleting', () => {
  it('moves a finished run to the trash and back, and refuses a live one', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    await peer.acked(1);
    await expect(xtrack.deleteRun('r1')).rejects.toMatchObject({ code: 'XT_RUN_LIVE' });
    peer.send({ type: 'run_end', status: 'completed' });
    await xtrack.waitForRun('r1');
    await xtrack.deleteRun('r1');
    expect(await xtrack.listRuns()).toEqual([]);
    expect((await xtrack.search('')).runs).toEqual([]);
    const { deletedAt } = await xtrack.getRun('r1');
    expect(deletedAt).toMatch(/^20\d\d-/);
    await xtrack.deleteRun('r1');
    expect(await xtrack.searchRuns({ deleted: 'only' })).toMatchObject([{ runId: 'r1', deletedAt }]);
    expect(await xtrack.restoreRun('r1')).toMatchObject({ runId: 'r1', deletedAt: null });
    expect(await xtrack.listRuns()).toHaveLength(1);
  });

  it('keeps events that still come for a run in the trash, and leaves it there', async () => {
    const peer = await connectPeer({ runId: 'r1' });
    peer.send({ type: 'run_start' });
    peer.send({ type: 'run_end', status: 'completed' });
    await peer.acked(2);
    await xtrack.deleteRun('r1');
    const late = await connectPeer({ runId: 'r1', worker: 'late' });
    late.send({ type: 'metric', key: 'loss', value: 3 });
    await late.acked(1);
    expect(await xtrack.listRuns()).toEqual([]);
    expect(await xtrack.listSeries('r1')).toMatchObject([{ key: 'loss', count: 1 }]);
    expect((await xtrack.getRun('r1')).deletedAt).not.toBeNull();
  });

  it('tells whoever listens', async () => {
    await xtrack.startCollector('r1');
    const items = xtrack.subscribe('r1', { types: ['run_changed'] });
    await xtrack.stopRun('r1');
    await items.next();
    await xtrack.deleteRun('r1');
    expect((await items.next()).value).toMatchObject({ type: 'run_changed', run: { deletedAt: expect.any(String) } });
    await xtrack.restoreRun('r1');
    expect((await items.next()).value).toMatchObject({ type: 'run_changed', run: { deletedAt: null } });
    await items.return?.();
  });

  it('removes a run for good, and its id is free again', async () => {
    const { runId } = await xtrack.startRun({ command: 'true', runId: 'r1' });
    await xtrack.waitForRun(runId);
    await xtrack.deleteRun('r1');
    await xtrack.purgeRun('r1');
    await expect(xtrack.getRun('r1')).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    await expect(xtrack.restoreRun('r1')).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    expect(await xtrack.startCollector('r1')).toMatchObject({ status: 'pending' });
    await expect(xtrack.purgeRun('r1')).rejects.toMatchObject({ code: 'XT_RUN_LIVE' });
  });
});
