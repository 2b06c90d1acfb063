// Takes in what dead emitters left behind: their spool files are recorded event logs of this machine's own workers.

import { readlinkSync } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Hub } from '../../runtime/hub.js';
import { isAlive, ownIdentity } from '../../runtime/process/process-identity.js';
import { replayFile } from './file.js';
import { SpoolChecksums, sidecarOf } from './spool-checksums.js';

/** The hello at the head of a spool file is padded to this (bytes). */
const HEAD_BYTES = 4096;
const SPOOL_NAME = /\.(spool|xtf|xtrack)$/;
/** Damaged files are kept here for inspection, the newest so many of them. */
const DAMAGED = 'damaged';
const MOST_DAMAGED = 16;
/**
 * A file that could not be taken is left alone for so long at first, then for twice as long each time (ms). However long it could not,
 * it is taken well within the minute in which everything that waited is promised to be stored.
 */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 20_000;

/** Who wrote a spool file and for which run. */
interface SpoolHead {
  readonly path: string;
  readonly runId: string;
  readonly writer: { readonly pid: number; readonly startTime: string };
  /** The process ids of its writer are not ours: whether it lives cannot be told. */
  readonly foreign: boolean;
  /** The writer is done with it. */
  readonly closed: boolean;
  /** Number of the first event in it. */
  readonly firstSeq: number;
  /** The data directory that it belongs to, where it says so. */
  readonly data: string | undefined;
}

let ownNamespace: string | undefined;

function processNamespace(): string {
  try {
    ownNamespace ??= readlinkSync('/proc/self/ns/pid');
  } catch {
    ownNamespace = '';
  }
  return ownNamespace;
}

function parseHead(path: string, bytes: Uint8Array): SpoolHead | undefined {
  const length = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length < 2 || length > bytes.length - 4) return undefined;
  try {
    const { t, p } = JSON.parse(Buffer.from(bytes.subarray(4, 4 + length)).toString('utf8')) as { t: unknown; p: Record<string, unknown> };
    const { run_id: runId, first_seq: firstSeq, spool } = p;
    if (t !== 'hello' || typeof runId !== 'string' || typeof spool !== 'object' || spool === null) return undefined;
    const { pid, pid_start: start, boot_id: boot, pid_ns: namespace, closed, data } = spool as Record<string, unknown>;
    if (typeof pid !== 'number') return undefined;
    return {
      path,
      runId,
      writer: { pid, startTime: typeof boot === 'string' && boot !== '' ? `${String(start)}@${boot}` : '' },
      foreign: typeof namespace === 'string' && namespace !== processNamespace() && ownIdentity().startTime.endsWith(`@${String(boot)}`),
      closed: closed === true,
      firstSeq: typeof firstSeq === 'number' ? firstSeq : 1,
      data: typeof data === 'string' ? data : undefined,
    };
  } catch {
    return undefined;
  }
}

/** The page beside it is covered by a checksum, the one in the file is newer: it says whether the writer is done. */
async function readHead(path: string): Promise<SpoolHead | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(buffer, 0, HEAD_BYTES, 0);
    const own = parseHead(path, buffer.subarray(0, bytesRead));
    const checksums = await SpoolChecksums.beside(path);
    const checked = checksums === undefined ? undefined : parseHead(path, checksums.page);
    return checked === undefined ? own : { ...checked, closed: own?.closed ?? false };
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Where emitters write that cannot write to the data directory. Anybody can make folders there: only a private one of our own is looked into. */
async function fallbackFolder(): Promise<string | undefined> {
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `xtrack-${user}`, 'spool');
  for (const each of [dirname(folder), folder]) {
    const stats = await lstat(each).catch(() => undefined);
    if (stats?.isDirectory() !== true || stats.uid !== user || (process.platform !== 'win32' && (stats.mode & 0o022) !== 0))
      return undefined;
  }
  return folder;
}

async function readHeads(paths: readonly string[]): Promise<SpoolHead[]> {
  const heads: SpoolHead[] = [];
  // One after the other: there may be more files than a process may open.
  for (const path of paths) {
    const head = await readHead(path);
    if (head !== undefined) heads.push(head);
  }
  return heads;
}

const isFree = ({ writer, foreign, closed }: SpoolHead): boolean => closed || !(foreign || isAlive(writer));

/** Sweeps the spool folder of one data directory, and its files in the fallback folder. A file goes only after everything in it is durable. */
export class SpoolSweeper {
  private readonly hub: Hub;
  private readonly folder: string;
  private busy: Promise<void> = Promise.resolve();
  /** Files that could not be taken, and until when they are left alone (ms of the monotonic clock). */
  private readonly pauses = new Map<string, { readonly until: number; readonly ms: number }>();

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
    await this.sweep(({ path }) => (this.pauses.get(path)?.until ?? 0) <= performance.now());
  }

  private async sweep(wanted: (head: SpoolHead) => boolean): Promise<void> {
    this.busy = this.busy
      .catch(() => undefined)
      .then(async () => {
        const paths = [...(await this.spoolsIn(this.folder)), ...(await this.strayed())];
        const heads = await readHeads(paths);
        // A worker's files in the order of its numbers, whatever they are called: one that comes too early would hold up those before it.
        heads.sort((a, b) => a.firstSeq - b.firstSeq);
        for (const head of heads) if (wanted(head) && isFree(head)) await this.take(head);
        for (const path of this.pauses.keys()) if (!paths.includes(path)) this.pauses.delete(path);
      });
    await this.busy;
  }

  private async spoolsIn(folder: string): Promise<string[]> {
    const names = await readdir(folder).catch((): string[] => []);
    return names
      .filter((each) => SPOOL_NAME.test(each))
      .sort()
      .map((name) => join(folder, name));
  }

  /** The files of this data directory in the fallback folder. */
  private async strayed(): Promise<string[]> {
    const folder = await fallbackFolder();
    if (folder === undefined) return [];
    const home = await realpath(dirname(this.folder)).catch(() => dirname(this.folder));
    const ours: string[] = [];
    for (const { path, data } of await readHeads(await this.spoolsIn(folder))) {
      if (data !== undefined && (await realpath(data).catch(() => data)) === home) ours.push(path);
    }
    return ours;
  }

  private async take({ path }: SpoolHead): Promise<void> {
    try {
      const { damaged } = await replayFile(this.hub, path);
      if (damaged > 0) await this.quarantine(path);
      else await remove(path);
      this.pauses.delete(path);
    } catch {
      // Held by another control plane, or unreadable for now: it stays and is tried again later.
      const ms = Math.min((this.pauses.get(path)?.ms ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
      this.pauses.set(path, { until: performance.now() + ms, ms });
    }
  }

  private async quarantine(path: string): Promise<void> {
    const folder = join(dirname(path), DAMAGED);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const each of [sidecarOf(path), path]) await rename(each, join(folder, basename(each)));
    const names = (await readdir(folder)).filter((name) => SPOOL_NAME.test(name));
    const ages = await Promise.all(names.map(async (name) => ({ name, age: -(await stat(join(folder, name))).mtimeMs })));
    for (const { name } of ages.sort((a, b) => a.age - b.age).slice(MOST_DAMAGED)) await remove(join(folder, name));
  }
}

/** The sidecar first: a spool file without one can be read, one without the other is litter. */
async function remove(path: string): Promise<void> {
  if (path.endsWith('.spool')) await rm(sidecarOf(path), { force: true });
  await rm(path, { force: true });
}
