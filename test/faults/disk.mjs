// A small disk of its own, which can be filled and freed. Needs root.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** True where a file system may be mounted. */
export const CAN_MOUNT = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

export class Disk {
  #folder;
  #mounted = false;

  constructor(folder) {
    this.#folder = folder;
  }

  mount(megabytes) {
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'xtrack-faults', this.#folder]);
    this.#mounted = made.status === 0;
    return this.#mounted;
  }

  /** Takes every byte that is left. */
  fill() {
    const file = openSync(join(this.#folder, 'filler'), 'a', 0o600);
    try {
      for (let size = 1 << 20; size >= 1; ) {
        try {
          if (writeSync(file, Buffer.alloc(size)) < size) size >>= 1;
        } catch {
          size >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free() {
    rmSync(join(this.#folder, 'filler'), { force: true });
  }

  unmount() {
    if (!this.#mounted) return true;
    this.#mounted = spawnSync('umount', [this.#folder]).status !== 0 && spawnSync('umount', ['-l', this.#folder]).status !== 0;
    return !this.#mounted;
  }
}
