// How full the disks are. Asking for one on a dead network file system hangs, so at most one question is under way.

import { statfs } from 'node:fs/promises';

/** Folders that are remembered. */
const MAX_FOLDERS = 1_000;

export class Volumes {
  private readonly known = new Map<string, number>();
  private readonly wanted = new Set<string>();
  private asking = false;

  /** Percent used of the file system that holds `folder`, as of the last question; asks anew, for the next time. */
  usedPercent(folder: string): number | undefined {
    if (this.wanted.size < MAX_FOLDERS) this.wanted.add(folder);
    if (!this.asking) void this.ask();
    return this.known.get(folder);
  }

  private async ask(): Promise<void> {
    this.asking = true;
    for (const folder of this.wanted) {
      this.wanted.delete(folder);
      if (this.known.size >= MAX_FOLDERS) this.known.clear();
      try {
        const { blocks, bfree, bavail } = await statfs(folder);
        const used = blocks - bfree;
        // As df does: what only root may use is not there.
        if (used + bavail > 0) this.known.set(folder, (100 * used) / (used + bavail));
      } catch {
        this.known.delete(folder);
      }
    }
    this.asking = false;
  }
}
