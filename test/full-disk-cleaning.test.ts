// Cleaning up is wanted most when the disk is full: it must work just then, and give the room back to the disk.

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent } from '../src/protocol/index.js';
import { XTrack } from '../src/xtrack.js';
import { CommandLine } from './cli-harness.js';
import { CAN_MOUNT, SmallDisk } from './support/small-disk.js';

const PATIENCE = { timeout: 60_000, interval: 50 };

let disk: SmallDisk;
let cli: CommandLine;

beforeEach(() => {
  cli = new CommandLine();
  if (CAN_MOUNT) disk = new SmallDisk(32);
});

afterEach(() => {
  cli.remove();
  if (CAN_MOUNT) disk.remove();
});

const logs = (runId: string, from: number, to: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: to - from + 1 }, (_, at) => {
      const message = randomBytes(15_000).toString('base64');
      const seq = from + at;
      return encodeEvent({
        type: 'log',
        level: 'info',
        message,
        runId,
        worker: '',
        incarnation: 'inc-1',
        seq,
        ts: 1_700_000_000_000_000 + seq,
      });
    }),
  );

async function fill(xtrack: XTrack, runId: string, lines: number): Promise<void> {
  const ts = 1_700_000_000_000_000;
  const place = { runId, worker: '', incarnation: 'inc-1', ts };
  const options = { format: 'frames', mayWrite: () => true } as const;
  await xtrack.ingest(encodeEvent({ type: 'run_start', seq: 1, ...place }), options);
  for (let from = 2; from <= lines + 1; from += 20) await xtrack.ingest(logs(runId, from, Math.min(from + 19, lines + 1)), options);
  await xtrack.ingest(encodeEvent({ type: 'run_end', status: 'completed', seq: lines + 2, ...place }), options);
}

describe('on a full disk', () => {
  it.skipIf(!CAN_MOUNT)(
    'a purge works while commits wait, its room comes back, and they go on with it (needs root: a tmpfs)',
    { timeout: 240_000 },
    async () => {
      const xtrack = await XTrack.start({ directory: disk.directory });
      await fill(xtrack, 'old', 150);
      disk.fill();
      let stored = false;
      const waiting = fill(xtrack, 'new', 60).then(() => {
        stored = true;
      });
      await expect.poll(() => xtrack.healthy, PATIENCE).toBe(false);
      expect(stored).toBe(false);
      await xtrack.purgeRun('old');
      await xtrack.gc();
      await waiting;
      expect(await xtrack.getLogs('new', { limit: 100 })).toHaveLength(60);
      await expect.poll(() => xtrack.healthy, PATIENCE).toBe(true);
      await xtrack.gc();
      expect(disk.free).toBeGreaterThan(2 * 1024 * 1024);
      await xtrack.close();
    },
  );

  it.skipIf(!CAN_MOUNT)(
    '`xtrack delete --purge` and `xtrack gc` work without a server (needs root: a tmpfs)',
    { timeout: 240_000 },
    async () => {
      const xtrack = await XTrack.start({ directory: disk.directory });
      await fill(xtrack, 'old', 150);
      await fill(xtrack, 'trashed', 60);
      await fill(xtrack, 'kept', 20);
      await xtrack.deleteRun('trashed');
      await xtrack.close();
      disk.fill();
      expect(disk.free).toBe(0);
      const data = ['--data', disk.directory];
      expect(await cli.run('delete', 'old', '--purge', '--yes', ...data)).toMatchObject({ code: 0 });
      expect(await cli.run('gc', '--trash-days', '0', ...data)).toMatchObject({ code: 0 });
      expect(disk.free).toBeGreaterThan(6 * 1024 * 1024);
      expect(await cli.json('list', '--deleted', ...data)).toEqual([]);
      expect(await cli.json('list', ...data)).toMatchObject([{ runId: 'kept' }]);
    },
  );
});
