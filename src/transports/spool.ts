// Takes in what dead emitters left behind: their spool files are recorded event logs of this machine's own workers.

import { open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hub } from '../runtime/hub.js';
import { isAlive } from '../runtime/process-identity.js';
import { replayFile } from './file.js';

/** The hello at the head of a spool file is padded to this (bytes). */
const HEAD_BYTES = 4096;
const SPOOL_NAME = /\.(spool|xtf)$/;

/** Who wrote a spool file and for which run. */
interface SpoolHead {
  readonly path: string;
  readonly runId: string;
  readonly writer: { readonly pid: number; readonly startTime: string };
}

function parseHead(path: string, bytes: Uint8Array): SpoolHead | undefined {
  const length = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length < 2 || length > bytes.length - 4) return undefined;
  try {
    const { t, p } = JSON.parse(Buffer.from(bytes.subarray(4, 4 + length)).toString('utf8')) as { t: unknown; p: Record<string, unknown> };
    const { run_id: runId, spool } = p;
    if (t !== 'hello' || typeof runId !== 'string' || typeof spool !== 'object' || spool === null) return undefined;
    const { pid, pid_start: start, boot_id: boot } = spool as Record<string, unknown>;
    if (typeof pid !== 'number') return undefined;
    return { path, runId, writer: { pid, startTime: typeof boot === 'string' && boot !== '' ? `${String(start)}@${boot}` : '' } };
  } catch {
    return undefined;
  }
}

async function readHead(path: string): Promise<SpoolHead | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(buffer, 0, HEAD_BYTES, 0);
    return parseHead(path, buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Sweeps one spool folder. A file goes only after everything in it is durable. */
export class SpoolSweeper {
  private readonly hub: Hub;
  private readonly folder: string;
  private busy: Promise<void> = Promise.resolve();

  constructor(hub: Hub, folder: string) {
    this.hub = hub;
    this.folder = folder;
  }

  /** Takes in the files of one run whose writers are dead. */
  async sweepRun(runId: string): Promise<void> {
    await this.sweep((head) => head.runId === runId);
  }

  /** Takes in every file whose writer is dead. */
  async sweepOrphans(): Promise<void> {
    await this.sweep(() => true);
  }

  private async sweep(wanted: (head: SpoolHead) => boolean): Promise<void> {
    this.busy = this.busy
      .catch(() => undefined)
      .then(async () => {
        const names = await readdir(this.folder).catch(() => []);
        for (const name of names.filter((each) => SPOOL_NAME.test(each)).sort()) {
          const head = await readHead(join(this.folder, name));
          if (head !== undefined && wanted(head) && !isAlive(head.writer)) await this.take(head);
        }
      });
    await this.busy;
  }

  private async take(head: SpoolHead): Promise<void> {
    try {
      await replayFile(this.hub, head.path);
      await unlink(head.path);
    } catch {
      // Held by another control plane, or unreadable for now: it stays and is tried again later.
    }
  }
}
