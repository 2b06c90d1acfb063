// A spool that could not be taken in for long, because the disk was full, is taken soon after that is over.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Hub } from '../../runtime/hub.js';
import { SpoolSweeper } from './spool.js';

const disk = vi.hoisted(() => ({ full: true, tries: 0 }));

vi.mock('./file.js', () => ({
  replayFile: async () => {
    disk.tries += 1;
    if (disk.full) throw new Error('no space left');
    return { damaged: 0 };
  },
}));

/** The hello of an emitter that is done with its file. */
function closedSpool(): Buffer {
  const hello = { v: 1, t: 'hello', m: { seq: 0, ts: 1, inc: 'a' }, p: { run_id: 'r', spool: { pid: 1, closed: true } } };
  const body = Buffer.from(JSON.stringify(hello));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

describe('a spool that cannot be taken in', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'xtrack-pauses-'));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is left alone for a while, and taken within a minute after an outage of any length', async () => {
    const path = join(folder, 'r-a-0001.spool');
    writeFileSync(path, closedSpool());
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const sweeper = new SpoolSweeper({} as Hub, folder);
    const care = async (ms: number): Promise<void> => {
      for (const end = now + ms; now < end; now += 5_000) await sweeper.sweepOrphans();
    };
    await care(3_600_000);
    expect(existsSync(path)).toBe(true);
    // It is not tried at every look.
    expect(disk.tries).toBeLessThan(250);
    disk.full = false;
    await care(30_000);
    expect(existsSync(path)).toBe(false);
  });
});
