import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TrackEvent } from '../protocol/events.js';
import { logMetric, type RunOptions, startRun, withRun } from './index.js';
import { inFolder, Peer, type PeerOptions, readEventFile, until } from './testing/peer.js';

/** A run against a peer on a Unix socket, with a data folder of its own. */
async function withPeer(use: (peer: Peer, folder: string, options: RunOptions) => Promise<void>, options?: PeerOptions): Promise<void> {
  await inFolder(async (folder) => {
    vi.stubEnv('XTRACK_DATA', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const peer = await Peer.listen(join(folder, 'peer.sock'), options);
    try {
      await use(peer, folder, { transport: { kind: 'unix', path: join(folder, 'peer.sock') }, source: false, strict: true });
    } finally {
      await peer.close();
    }
  });
}

const spools = (folder: string): string[] => readdirSync(join(folder, 'spool'));
const seqs = (events: readonly TrackEvent[]): number[] => events.map((event) => event.seq);
const count = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

describe('a run with a collector', () => {
  it('sends each verb as its event, in order, numbered from run_start = 1', () =>
    withPeer(async (peer, folder, options) => {
      writeFileSync(join(folder, 'net.onnx'), 'weights');
      const run = startRun({
        ...options,
        name: 'demo',
        experimentId: 'exp',
        tags: { team: 'red' },
        worker: 'w0',
        params: { optimizer: { lr: 0.1 } },
      });
      run.logParam('seed', 7);
      run.logMetric('loss', 0.5, { step: 1, epoch: 0.5, phase: 'train', batchSize: 32 });
      run.logMetrics({ loss: 0.4, acc: 0.9 }, { step: 2 });
      run.logCheckpoint({ step: 2, path: '/tmp/c', isBest: true, bestKey: 'acc', metrics: { acc: 0.9 } });
      run.logArtifact(join(folder, 'net.onnx'));
      run.setStatus('training', { message: 'epoch 1', current: 1, total: 3, unit: 'epoch' });
      run.log('hello', { level: 'warning', logger: 'main', fields: { a: [1] }, step: 2 });
      await run.end('completed', { finalMetrics: { acc: 0.9 } });

      expect(seqs(peer.events)).toEqual(count(10));
      expect(peer.damaged).toEqual([]);
      const common = { runId: run.runId, worker: 'w0', incarnation: run.incarnation };
      expect(peer.events).toMatchObject([
        { ...common, type: 'run_start', name: 'demo', experimentId: 'exp', tags: { team: 'red' }, capabilities: ['ack', 'command'] },
        { ...common, type: 'param', key: 'optimizer.lr', value: 0.1 },
        { type: 'param', key: 'seed', value: 7 },
        { type: 'metric', key: 'loss', value: 0.5, step: 1, epoch: 0.5, context: { phase: 'train', batchSize: 32 } },
        { type: 'metric_batch', metrics: new Map(Object.entries({ loss: 0.4, acc: 0.9 })), step: 2 },
        { type: 'checkpoint', step: 2, path: '/tmp/c', isBest: true, bestKey: 'acc', metrics: { acc: 0.9 } },
        { type: 'artifact', path: join(folder, 'net.onnx'), kind: 'model', name: 'net.onnx', size: 7, upload: 'reference' },
        { type: 'status', status: 'training', message: 'epoch 1', progress: { current: 1, total: 3, unit: 'epoch' } },
        { type: 'log', level: 'warning', message: 'hello', logger: 'main', fields: { a: [1] }, step: 2 },
        { type: 'run_end', status: 'completed', finalMetrics: { acc: 0.9 } },
      ]);
    }));

  it('says hello first, once a connection, and deletes the spool when all is acknowledged', () =>
    withPeer(async (peer, folder, options) => {
      const run = startRun({ ...options, runId: 'mine' });
      expect(existsSync(run.file ?? '')).toBe(true);
      expect(await run.flush()).toBe(true);
      await run.end();
      expect(peer.hellos).toMatchObject([{ runId: 'mine', incarnation: run.incarnation, capabilities: ['ack', 'command', 'crc', 'gap'] }]);
      expect(spools(folder)).toEqual([]);
    }));

  it('goes on after broken connections: everything arrives once it is sent again, in order', () =>
    withPeer(
      async (peer, _folder, options) => {
        const run = startRun(options);
        for (let step = 0; step < 2000; step++) run.logMetric('loss', step, { step });
        await run.end();
        expect(seqs(peer.events)).toEqual(count(2002));
        expect(peer.hellos.length).toBeGreaterThanOrEqual(3);
        expect(new Set(peer.hellos.map((hello) => hello.incarnation)).size).toBe(1);
      },
      { breakAfter: 900 },
    ));

  it('survives a collector that goes away and comes back', () =>
    withPeer(async (first, folder, options) => {
      const run = startRun(options);
      run.logMetric('loss', 1);
      await until(() => first.events.length === 2);
      await first.close();
      for (let step = 0; step < 100; step++) run.logMetric('loss', step);
      const second = await Peer.listen(join(folder, 'peer.sock'), { after: first });
      await run.end();
      await second.close();
      expect(seqs(second.events)).toEqual(count(103));
      expect(spools(folder)).toEqual([]);
    }));

  it('sends everything again to a collector that lost its store', () =>
    withPeer(async (first, folder, options) => {
      const run = startRun(options);
      for (let step = 0; step < 3000; step++) run.logMetric('loss', step);
      expect(await run.flush()).toBe(true);
      await first.close();
      const second = await Peer.listen(join(folder, 'peer.sock'));
      await run.end();
      await second.close();
      expect(seqs(second.events)).toEqual(count(3002));
    }));

  it('keeps what is on its way within the window', () =>
    withPeer(
      async (peer, _folder, options) => {
        const run = startRun(options);
        run.onCommand('custom', () => true);
        await until(() => peer.events.length === 1);
        // Its answer shows that welcome, which came before it, has been read.
        peer.say({ type: 'command', commandId: 'c', command: 'custom', payload: {} });
        await until(() => peer.events.length === 2);
        for (let step = 0; step < 500; step++) run.logMetric('loss', step);
        await until(() => peer.events.length >= 10);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(peer.events.length).toBe(10);
        while (peer.events.length < 502) {
          const before = peer.events.length;
          peer.ack();
          await until(() => peer.events.length > before);
          expect(peer.events.length - before).toBeLessThanOrEqual(10);
        }
        peer.ack();
        expect(await run.flush()).toBe(true);
        await run.end('completed', { timeoutMs: 100 });
      },
      { acks: false, window: { events: 10, bytes: 1024 ** 2 } },
    ));

  it('puts a checksum on every frame once the collector offers to look at it, and on none before', () =>
    withPeer(
      async (peer, _folder, options) => {
        const run = startRun(options);
        expect(await run.flush({ timeoutMs: 60_000 })).toBe(true);
        for (let step = 0; step < 500; step++) run.logMetric('loss', step);
        await run.end('completed', { timeoutMs: 60_000 });
        expect(seqs(peer.events)).toEqual(count(502));
        expect(peer.damaged).toEqual([]);
        expect(peer.received.match(/\{"v":1,"c":"[0-9a-f]{8}","t":"(metric|run_end)"/g)).toHaveLength(501);
        expect(peer.received.match(/\{"v":1,"t":/g)).toHaveLength(2);
      },
      { checks: true },
    ));

  it('sends a range again when asked', () =>
    withPeer(
      async (peer, _folder, options) => {
        const run = startRun(options);
        for (let step = 0; step < 9; step++) run.logMetric('loss', step);
        await until(() => peer.events.length === 10);
        peer.ack({ seq: 0, resend: { from: 4, to: 6 } });
        await until(() => peer.repeats >= 3);
        expect(peer.repeats).toBe(3);
        await run.end();
      },
      { acks: true },
    ));

  it('goes on past an event that the collector refuses', () =>
    withPeer(async (peer, _folder, options) => {
      const run = startRun(options);
      await until(() => peer.events.length === 1);
      peer.ack({ seq: 1, status: 'error', error: 'XT_FIELD_TYPE: no' });
      run.logMetric('loss', 1);
      expect(await run.flush()).toBe(true);
      await run.end();
      expect([seqs(peer.events), peer.repeats]).toEqual([count(3), 0]);
    }));

  it('waits for as long as it is told, for ever too', () =>
    withPeer(async (_peer, _folder, options) => {
      const run = startRun(options);
      expect(await run.flush({ timeoutMs: Number.POSITIVE_INFINITY })).toBe(true);
      // No time at all is none below zero: a timer of such a length is warned of.
      expect(await run.flush({ timeoutMs: -5_000 })).toEqual(expect.any(Boolean));
      await run.end('completed');
    }));

  it('leaves the spool, whole, when nobody acknowledges', () =>
    withPeer(
      async (peer, folder, options) => {
        const run = startRun(options);
        run.logMetric('loss', 1);
        expect(await run.flush({ timeoutMs: 50 })).toBe(false);
        await run.end('completed', { timeoutMs: 50 });
        expect(seqs(peer.events)).toEqual([1, 2, 3]);
        expect(spools(folder)).toHaveLength(1);
        const { events, problems } = readEventFile(run.file ?? '');
        expect(seqs(events)).toEqual([1, 2, 3]);
        expect(problems).toEqual([]);
      },
      { acks: false },
    ));
});

describe('commands', () => {
  const command = (commandId: string, type: 'stop' | 'pause' | 'adjust_lr' | 'custom', payload = {}) =>
    ({ type: 'command', commandId, command: type, payload }) as const;

  it('are answered by their handler, with its result or its error; without one they are unsupported', () =>
    withPeer(async (peer, _folder, options) => {
      const run = startRun(options);
      run.onCommand('adjust_lr', async (payload) => ({ was: 0.1, now: payload.lr }));
      run.onCommand('custom', () => {
        throw new RangeError('no');
      });
      await until(() => peer.events.length === 1);
      peer.say(command('a', 'adjust_lr', { lr: 0.01 }));
      peer.say(command('b', 'custom'));
      peer.say(command('c', 'pause'));
      await until(() => peer.events.length === 4);
      expect(new Map(peer.events.slice(1).map((event) => [event.type === 'command_result' ? event.commandId : '', event]))).toMatchObject(
        new Map(
          Object.entries({
            a: { status: 'ok', result: { was: 0.1, now: 0.01 } },
            b: { status: 'error', error: 'RangeError: no' },
            c: { status: 'unsupported' },
          }),
        ),
      );
      await run.end();
    }));

  it('are carried out once, however often they are sent', () =>
    withPeer(async (peer, _folder, options) => {
      const run = startRun(options);
      let calls = 0;
      run.onCommand('custom', () => ++calls);
      await until(() => peer.events.length === 1);
      for (let again = 0; again < 3; again++) peer.say(command('same', 'custom'));
      await until(() => peer.events.length >= 2);
      peer.say(command('same', 'custom'));
      await until(() => peer.events.length >= 3);
      await run.end();
      const results = peer.events.filter((event) => event.type === 'command_result');
      expect(results.every((event) => event.result === 1)).toBe(true);
      expect(calls).toBe(1);
    }));

  it('stop sets shouldStop and aborts stopSignal', () =>
    withPeer(async (peer, _folder, options) => {
      const work = withRun(options, async (run) => {
        await until(() => peer.events.length === 1);
        peer.say(command('s', 'stop'));
        await until(() => run.shouldStop);
        return run.stopSignal.aborted;
      });
      expect(await work).toBe(true);
      expect(peer.events).toMatchObject([
        { type: 'run_start' },
        { type: 'command_result', commandId: 's', status: 'ok' },
        { type: 'run_end', status: 'killed' },
      ]);
    }));
});

describe('withRun', () => {
  it('ends completed, or failed with the error, which it throws on', () =>
    withPeer(async (peer, _folder, options) => {
      const failing = withRun(options, () => {
        throw new TypeError('boom');
      });
      await expect(failing).rejects.toThrow('boom');
      expect(peer.events.at(-1)).toMatchObject({ type: 'run_end', status: 'failed', error: { type: 'TypeError', message: 'boom' } });
    }));

  it('gives each of several at once its own verbs', () =>
    withPeer(async (_peer, folder, _options) => {
      const file = (name: string) => ({ transport: { kind: 'file', path: join(folder, name) }, runId: name }) as const;
      const work = (value: number) => async () => {
        for (let step = 0; step < 3; step++) {
          await Promise.resolve();
          logMetric('value', value, { step });
        }
      };
      await Promise.all([withRun(file('a'), work(1)), withRun(file('b'), work(2))]);
      const values = (name: string) =>
        readEventFile(join(folder, name)).events.flatMap((event) => (event.type === 'metric' ? [event.value] : []));
      expect([values('a'), values('b')]).toEqual([
        [1, 1, 1],
        [2, 2, 2],
      ]);
    }));
});
