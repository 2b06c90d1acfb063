// A disk that a test may fill to the last byte: a tmpfs over a folder, where this user may mount one.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tests that need it are skipped by name where it is false. */
export const CAN_MOUNT = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'xtrack-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0;
  if (mounted) spawnSync('umount', [probe]);
  spawnSync('rmdir', [probe]);
  return mounted;
})();

export class SmallDisk {
  readonly directory = mkdtempSync(join(tmpdir(), 'xtrack-disk-'));
  #fillers = 0;

  constructor(mebibytes: number) {
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', this.directory]);
    if (status !== 0) throw new Error('no tmpfs could be mounted');
  }

  /** Bytes. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  /** To the last page. */
  fill(): void {
    this.#fillers += 1;
    const file = openSync(join(this.directory, `filler-${this.#fillers}`), 'w');
    const page = Buffer.alloc(4096, 1);
    try {
      for (;;) writeSync(file, page);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Takes away everything that `fill` wrote. */
  empty(): void {
    for (let at = 1; at <= this.#fillers; at += 1) rmSync(join(this.directory, `filler-${at}`), { force: true });
  }

  remove(): void {
    spawnSync('umount', ['-l', this.directory]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
