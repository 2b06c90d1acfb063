// A collector that is silent, deaf, taken or gone: nothing counts as delivered that was not acknowledged, and the emitter never gives up.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RunOptions, startRun } from './index.js';
import { inFolder, Peer, type PeerOptions, readEventFile, until } from './testing/peer.js';
import { startWorker } from './testing/worker.js';

const LONG = 60_000;
const count = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);
const seqsIn = (path: string | null): number[] => readEventFile(path ?? '').events.map((event) => event.seq);

async function withPeer(options: PeerOptions, use: (peer: Peer, run: RunOptions, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    vi.stubEnv('XTRACK_DATA', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const path = join(folder, 'peer.sock');
    const peer = await Peer.listen(path, options);
    try {
      await use(peer, { transport: { kind: 'unix', path }, source: false, strict: true, ackTimeoutMs: 300 }, folder);
    } finally {
      await peer.close();
    }
  });
}

describe('a collector that says nothing', () => {
  it('has acknowledged nothing: the run ends in bounded time, and every event stays in the spool', () =>
    withPeer({ answers: false }, async (peer, options) => {
      const run = startRun(options);
      for (let step = 0; step < 50; step++) run.logMetric('loss', step);
      // Connections that say nothing are given up, one after the other.
      await until(() => peer.hellos.length >= 3);
      expect(await run.flush({ timeoutMs: 50 })).toBe(false);
      await run.end('completed', { timeoutMs: 50 });
      expect(seqsIn(run.file)).toEqual(count(52));
    }));

  it('is told of once on stderr, with the place of the spool at the end', () =>
    inFolder(async (folder) => {
      const peer = await Peer.listen(join(folder, 'peer.sock'), { answers: false });
      const env = { XTRACK_DATA: folder, XTRACK_SOCKET: join(folder, 'peer.sock'), XTRACK_ACK_TIMEOUT: '0.2', XTRACK_FLUSH_TIMEOUT: '2' };
      const body = `import { startRun } from 'xtrack/emitter';
        const run = startRun({ source: false, runId: 'quiet' }); run.logMetric('loss', 1); await run.end();`;
      const exit = await startWorker(body, env).exit;
      await peer.close();
      expect(exit.code).toBe(0);
      expect(peer.hellos.length).toBeGreaterThan(1);
      expect(exit.stderr.match(/does not answer/g)).toHaveLength(1);
      const [name] = readdirSync(join(folder, 'spool'));
      expect(exit.stderr).toContain(`run quiet was not acknowledged; its events are in ${join(folder, 'spool', name ?? '')}`);
      expect(seqsIn(join(folder, 'spool', name ?? ''))).toEqual(count(3));
    }));

  it('and then answers after all: everything arrives, in order, and the spool goes', () =>
    withPeer({ treat: (connection) => (connection < 2 ? 'silent' : 'welcome') }, async (peer, options) => {
      const run = startRun(options);
      for (let step = 0; step < 100; step++) run.logMetric('loss', step);
      await run.end('completed', { timeoutMs: LONG });
      expect(peer.events.map((event) => event.seq)).toEqual(count(102));
      expect(existsSync(run.file ?? '')).toBe(false);
    }));

  it('falls silent in the middle: the connection is opened anew while events are owed an ack', () =>
    withPeer({ acks: false }, async (peer, options) => {
      const run = startRun(options);
      await until(() => peer.events.length === 1);
      peer.ack();
      expect(await run.flush({ timeoutMs: LONG })).toBe(true);
      run.logMetric('loss', 1);
      await until(() => peer.hellos.length >= 2);
      await run.end('completed', { timeoutMs: LONG });
      expect(peer.events.map((event) => event.seq)).toEqual(count(3));
      expect(existsSync(run.file ?? '')).toBe(false);
    }));

  it('gets everything without acks only where the user says so, and then the file stays', () =>
    withPeer({ answers: false }, async (peer, options) => {
      const run = startRun({ ...options, acks: false });
      for (let step = 0; step < 30_000; step++) run.logMetric('loss', step);
      expect(await run.flush()).toBe(false);
      await run.end();
      await until(() => peer.connections === 0);
      expect(peer.events.map((event) => event.seq)).toEqual(count(30_002));
      expect(peer.hellos).toMatchObject([{ capabilities: ['command', 'crc', 'gap'] }]);
      expect(seqsIn(run.file)).toEqual(count(30_002));
    }));

  it('keeps the file with acks off also where the collector would acknowledge', () =>
    withPeer({}, async (peer, options) => {
      vi.stubEnv('XTRACK_ACKS', 'off');
      const run = startRun(options);
      await until(() => peer.events.length === 1);
      await run.end();
      await until(() => peer.events.length === 2);
      expect(seqsIn(run.file)).toEqual([1, 2]);
    }));
});

describe('a collector that refuses the worker', () => {
  it('since another one owns the run, is asked again until it takes it', () =>
    withPeer(
      { treat: (n) => (n < 2 ? { error: 'XT_RUN_OWNED: another control plane owns the run' } : 'welcome') },
      async (peer, options) => {
        const run = startRun(options);
        for (let step = 0; step < 10; step++) run.logMetric('loss', step);
        await run.end('completed', { timeoutMs: LONG });
        expect(peer.events.map((event) => event.seq)).toEqual(count(12));
        expect(existsSync(run.file ?? '')).toBe(false);
      },
    ));

  it('since a newer one took over, is left alone, and the spool keeps all that it did not take', () =>
    withPeer({ treat: () => ({ error: 'XT_FENCED: a newer connection of this worker took over' }) }, async (peer, options) => {
      const run = startRun(options);
      expect(await run.flush({ timeoutMs: LONG })).toBe(false);
      run.logMetric('loss', 1);
      await run.end('completed', { timeoutMs: LONG });
      expect(peer.hellos).toHaveLength(1);
      expect(seqsIn(run.file)).toEqual(count(3));
    }));
});
