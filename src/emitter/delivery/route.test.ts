import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { XTrack } from '../../index.js';
import { startRun } from '../index.js';
import { inFolder, Peer, readEventFile, until } from '../testing/peer.js';
import { startWorker } from '../testing/worker.js';
import { Route } from './route.js';

const LONG = 60_000;
const tcp = { kind: 'tcp', host: 'a', port: 1, tls: false } as const;
const unix = { kind: 'unix', path: '/s' } as const;

describe('where a collector may send an emitter', () => {
  it.each([
    [tcp, 'b:2', { kind: 'tcp', host: 'b', port: 2, tls: false }],
    [tcp, 'tls://b:2', { kind: 'tcp', host: 'b', port: 2, tls: true }],
    [{ ...tcp, tls: true }, 'b:2', { kind: 'tcp', host: 'b', port: 2, tls: true }],
    [unix, 'tcp://[::1]:2', { kind: 'tcp', host: '::1', port: 2, tls: false }],
    [unix, 'unix:/t', { kind: 'unix', path: '/t' }],
  ])('from %o to %s', (from, address, target) => {
    const route = new Route([from]);
    expect(route.redirect(address)).toBe(true);
    expect(route.current).toEqual(target);
    route.lost();
    expect(route.current).toEqual(from);
  });

  it.each([
    [{ ...tcp, tls: true }, 'tcp://b:2'],
    [tcp, 'unix:/t'],
    [tcp, 'b:0'],
    [tcp, 'b:70000'],
    [tcp, 'user@b:2'],
    [tcp, 'http://b:2'],
    [tcp, ''],
  ])('but not from %o to %s', (from, address) => {
    const route = new Route([from]);
    expect(route.redirect(address)).toBe(false);
    expect(route.current).toEqual(from);
  });
});

describe('an emitter whose environment names another address', () => {
  it('goes there with its next connection, and one that was told where to go does not', async () => {
    await inFolder(async (folder) => {
      vi.stubEnv('XTRACK_DATA', folder);
      vi.stubEnv('XTRACK_SOCKET', join(folder, 'old.sock'));
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const [old, other] = [await Peer.listen(join(folder, 'old.sock')), await Peer.listen(join(folder, 'other.sock'))];
      const run = startRun({ source: false });
      const told = startRun({ source: false, transport: { kind: 'unix', path: join(folder, 'old.sock') } });
      await until(() => old.hellos.length === 2);
      vi.stubEnv('XTRACK_SOCKET', join(folder, 'other.sock'));
      await old.close();
      await run.end('completed', { timeoutMs: LONG });
      expect(other.hellos.map(({ runId }) => runId)).toContain(run.runId);
      expect(other.hellos.map(({ runId }) => runId)).not.toContain(told.runId);
      await told.end('completed', { timeoutMs: 50 });
      await other.close();
    });
  });
});

describe('a collector that sends the emitter on', () => {
  async function withCircle(
    use: (peers: Peer[], circle: Peer, run: ReturnType<typeof startRun>) => Promise<void>,
    hops: number,
  ): Promise<void> {
    await inFolder(async (folder) => {
      vi.stubEnv('XTRACK_DATA', folder);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const at = (n: number): string => join(folder, `${n}.sock`);
      const circle = await Peer.listen(at(0), { treat: () => ({ redirect: `unix:${at(1)}` }) });
      const peers: Peer[] = [];
      for (let n = 1; n <= hops; n++) {
        peers.push(await Peer.listen(at(n), n === hops ? {} : { treat: () => ({ redirect: `unix:${at(n + 1)}` }) }));
      }
      try {
        await use(peers, circle, startRun({ transport: { kind: 'unix', path: at(0) }, source: false }));
      } finally {
        for (const peer of [circle, ...peers]) await peer.close();
      }
    });
  }

  it('is followed to the run’s home, and nothing is lost or twice on the way', () =>
    withCircle(async (peers, _first, run) => {
      run.logMetric('loss', 1);
      await run.end('completed', { timeoutMs: LONG });
      expect(peers.at(-1)?.events.map((event) => event.seq)).toEqual([1, 2, 3]);
      expect(existsSync(run.file ?? '')).toBe(false);
    }, 5));

  it('is followed five times and no more: then the first address is asked again, with a pause', () =>
    withCircle(async (peers, first, run) => {
      await until(() => first.hellos.length >= 2);
      expect(peers[4]?.hellos.length).toBeGreaterThan(0);
      expect(peers[5]?.hellos).toEqual([]);
      await run.end('completed', { timeoutMs: 50 });
      expect(readEventFile(run.file ?? '').events.map((event) => event.seq)).toEqual([1, 2]);
    }, 6));
});

describe('a spool beside its data directory', () => {
  it('names it, and its control plane takes it in from the temporary folder, and no other does', () =>
    inFolder(async (folder) => {
      const temporary = join(folder, 'tmp');
      const data = join(folder, 'data');
      const other = join(folder, 'other');
      for (const each of [temporary, data, other]) mkdirSync(each, { mode: 0o700 });
      // A file where the folder should be: that cannot be written even by root.
      writeFileSync(join(data, 'spool'), '');
      vi.stubEnv('TMPDIR', temporary);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const body = `import { startRun } from 'xtrack/emitter'; const run = startRun({ source: false, runId: 'stray' });
        for (let step = 0; step < 10; step++) run.logMetric('loss', step); process.kill(process.pid, 'SIGKILL');`;
      await startWorker(body, { XTRACK_DATA: data, TMPDIR: temporary }).exit;
      const strays = join(temporary, `xtrack-${process.getuid?.() ?? 0}`, 'spool');
      expect(readdirSync(strays)).toHaveLength(1);
      rmSync(join(data, 'spool'));
      const stranger = await XTrack.start({ directory: other });
      await stranger.close();
      expect(readdirSync(strays)).toHaveLength(1);
      const home = await XTrack.start({ directory: realpathSync(data) });
      await until(() => readdirSync(strays).length === 0);
      expect(await home.getGaps('stray')).toEqual([]);
      expect((await home.getRun('stray')).counts).toMatchObject({ metric: 10 });
      await home.close();
    }));

  it('is taken in by the numbers in it, not by its name', () =>
    inFolder(async (data) => {
      mkdirSync(join(data, 'spool'), { mode: 0o700 });
      const frame = (json: object): Buffer => {
        const body = Buffer.from(JSON.stringify(json));
        const length = Buffer.alloc(4);
        length.writeUInt32BE(body.length);
        return Buffer.concat([length, body]);
      };
      const part = (name: string, first: number): void => {
        const spool = { pid: 2 ** 22 + 1, pid_start: 1, boot_id: 'gone' };
        const hello = { v: 1, t: 'hello', m: { seq: 0, ts: 0, inc: 'i' }, p: { run_id: 'parts', first_seq: first, spool } };
        const event = (seq: number) => ({ v: 1, t: 'metric', m: { seq, ts: seq, inc: 'i' }, p: { run_id: 'parts', key: 'a', value: seq } });
        writeFileSync(join(data, 'spool', name), Buffer.concat([hello, event(first), event(first + 1)].map(frame)));
      };
      for (const [index, name] of ['c.spool', 'b.spool', 'a.spool'].entries()) part(name, 1 + 2 * index);
      const xtrack = await XTrack.start({ directory: data });
      await until(() => readdirSync(join(data, 'spool')).length === 0);
      const bytes: Uint8Array[] = [];
      for await (const piece of xtrack.exportRun('parts')) bytes.push(piece);
      await xtrack.close();
      expect(
        [
          ...Buffer.concat(bytes)
            .toString()
            .matchAll(/"metric","m":\{"seq":(\d)/g),
        ]
          .map((found) => found[1])
          .join(''),
      ).toBe('123456');
    }));

  it('makes the data directory private when the emitter comes first', () =>
    inFolder(async (folder) => {
      const before = process.umask(0o022);
      onTestFinished(() => {
        process.umask(before);
      });
      vi.stubEnv('XTRACK_DATA', join(folder, 'new', 'data'));
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      const run = startRun({ source: false, environment: false });
      await run.end();
      for (const each of [join(folder, 'new', 'data'), join(folder, 'new', 'data', 'spool')])
        expect(statSync(each).mode & 0o777).toBe(0o700);
    }));
});
