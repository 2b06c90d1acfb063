// Logged = stored + declared, at every moment: what a kill leaves in the file accounts for each number that was ever given.

import fs, { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrackEvent } from '../protocol/events.js';
import { greeting } from './delivery/greeting.js';
import { Spool } from './delivery/spool.js';
import { spoolHeader } from './delivery/spool-header.js';
import { type EventBody, EventQueue } from './event-queue.js';
import { inFolder, Peer, readEventFile } from './testing/peer.js';
import { startWorker } from './testing/worker.js';

const identity = { runId: 'r', worker: '', incarnation: 'i' };
const header = spoolHeader(greeting(identity, []), '/data');
const note = (size: number): EventBody => ({ type: 'param', key: 'note', value: 'x'.repeat(size) });
const count = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);

/** Every number that the events themselves, or the gaps among them, answer for; each once. */
function accounted(events: readonly TrackEvent[]): number[] {
  const numbers = new Set<number>();
  for (const event of events) {
    if (event.type === 'gap') for (let seq = event.from; seq <= event.to; seq++) numbers.add(seq);
    numbers.add(event.seq);
  }
  return [...numbers].sort((a, b) => a - b);
}

describe('a file that a kill leaves', () => {
  const writeSync = fs.writeSync;
  let folder: string;
  /** Bytes that any file may have. */
  let disk: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'xtrack-account-'));
    disk = Number.POSITIVE_INFINITY;
    fs.writeSync = ((fd: number, bytes: Uint8Array, from: number, length: number, place: number) => {
      const room = Math.min(length, disk - place);
      if (room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      return writeSync(fd, bytes, from, room, place);
    }) as typeof fs.writeSync;
    syncBuiltinESMExports();
  });
  afterEach(() => {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
    rmSync(folder, { recursive: true, force: true });
  });

  it('accounts for every event at every moment, whatever the cap, the size of the disk and what is acknowledged', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ append: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 4 }) }) },
      { weight: 1, arbitrary: fc.record({ append: fc.constant([1_100_000]) }) },
      { weight: 1, arbitrary: fc.record({ disk: fc.integer({ min: 20_000, max: 60_000 }) }) },
      { weight: 2, arbitrary: fc.record({ free: fc.integer({ min: 1, max: 20 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 3000, max: 80_000 }), (steps, limit) => {
        disk = Number.POSITIVE_INFINITY;
        const path = join(folder, `${Math.random()}.xtf`);
        const spool = new Spool({ path, shared: false, header, limit, memoryLimit: 4000, onTrouble: () => {} });
        const queue = new EventQueue(identity, spool);
        let acked = 0;
        let cursor = queue.locate(1);
        const take = (most: number): void => {
          const batch = queue.read(cursor, most);
          if (batch === null) return;
          acked = batch.lastSeq;
          cursor = batch.next;
          queue.free(cursor);
          queue.declare();
        };
        for (const each of steps) {
          if ('disk' in each) disk = each.disk;
          if ('append' in each) queue.append(each.append.map(note));
          if ('free' in each) take(each.free);
          const { events, problems } = readEventFile(path);
          const numbers = new Set([...count(acked), ...accounted(events)]);
          expect([problems, count(queue.lastSeq).filter((seq) => !numbers.has(seq))]).toEqual([[], []]);
        }
        spool.close(false);
      }),
      { numRuns: 150 },
    );
  });

  const open = (): { path: string; spool: Spool; queue: EventQueue } => {
    const path = join(folder, 'a.xtf');
    const spool = new Spool({ path, shared: false, header, onTrouble: () => {} });
    return { path, spool, queue: new EventQueue(identity, spool) };
  };

  it('is made when the disk has room again, where not even its head found any at first', () => {
    disk = header.length - 1;
    const { path, spool, queue } = open();
    queue.append([note(10)]);
    expect(readdirSync(folder)).toEqual([]);
    disk = Number.POSITIVE_INFINITY;
    expect(spool.close(true)).toBe(true);
    expect(readEventFile(path)).toMatchObject({ events: [{ type: 'param', seq: 1 }], problems: [] });
  });

  it.each([0, 64])('holds no half of a declaration that found room for %i bytes only', (room) => {
    disk = header.length + room;
    const { path, spool, queue } = open();
    queue.append([note(10)]);
    expect(spool.close(true)).toBe(false);
    expect(readEventFile(path)).toMatchObject({ hellos: [{ runId: 'r' }], events: [], problems: [] });
    expect(statSync(path).size).toBe(header.length);
  });
});

describe('a real process', () => {
  const program = (body: string): string => `import { startRun } from 'xtrack/emitter'; const run = startRun({ source: false });\n${body}`;
  const LOG = (times: number): string => `for (let step = 0; step < ${times}; step++) run.logMetric('loss', step, { step });`;
  const leftIn = (data: string): TrackEvent[] => {
    const [name, ...more] = readdirSync(join(data, 'spool'));
    expect(more).toEqual([]);
    const { events, problems } = readEventFile(join(data, 'spool', name ?? ''));
    expect(problems).toEqual([]);
    return events;
  };

  it.each([
    ['killed with a full spool', { XTRACK_SPOOL_CAP: '65536' }, `process.kill(process.pid, 'SIGKILL');`, '', 3001],
    ['killed with a full disk', {}, `process.kill(process.pid, 'SIGKILL');`, 'ulimit -f 128', 3001],
    ['left with a full spool and no server', { XTRACK_SPOOL_CAP: '65536' }, 'process.exit(0);', '', 3002],
    ['left with a full disk and no server', {}, 'process.exit(0);', 'ulimit -f 128', 3002],
    ['ended with a full disk and no server', {}, 'await run.end();', 'ulimit -f 128', 3002],
  ])('%s leaves a file that accounts for every call', (_what, env, end, shell, logged) =>
    inFolder(async (data) => {
      await startWorker(program(`${LOG(3000)} ${end}`), { XTRACK_DATA: data, ...env }, shell === '' ? {} : { shell }).exit;
      const events = leftIn(data);
      expect(events.length).toBeLessThan(logged);
      expect(accounted(events).filter((seq) => seq <= logged)).toEqual(count(logged));
      expect(events.findLast((event) => event.type === 'gap')).toMatchObject({
        reason: shell === '' ? expect.stringContaining('spool_full') : 'spool_unwritable',
      });
    }),
  );

  it.each([false, true])('keeps what exit handlers log, before and after its own; with a server: %s', (server) =>
    inFolder(async (data) => {
      const peer = server ? await Peer.listen(join(data, 'xtrack.sock')) : null;
      const body = `process.on('exit', () => run.logMetric('late', 2)); process.exitCode = 0;`;
      await startWorker(`process.on('exit', () => globalThis.run.logMetric('early', 1));\n${program(`globalThis.run = run; ${body}`)}`, {
        XTRACK_DATA: data,
      }).exit;
      await peer?.close();
      expect([...(peer?.events ?? []), ...leftIn(data)].map((event) => (event.type === 'metric' ? event.key : event.type))).toEqual([
        'run_start',
        'run_end',
        'early',
        'late',
      ]);
    }),
  );

  it('keeps what is logged while end waits', () =>
    inFolder(async (data) => {
      const peer = await Peer.listen(join(data, 'xtrack.sock'));
      const body = `const ended = run.end(); run.logMetric('loss', 1); await ended;`;
      await startWorker(program(body), { XTRACK_DATA: data }).exit;
      await peer.close();
      expect(accounted(peer.events)).toEqual([1, 2, 3]);
      expect(readdirSync(join(data, 'spool'))).toEqual([]);
    }));
});
