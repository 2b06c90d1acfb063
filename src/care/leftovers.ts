// Files in a data directory that nobody needs any more: folders of runs that are gone, damaged spool files, copies from long ago.

import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { access, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export type LeftoverKind = 'output' | 'media' | 'damaged spool' | 'old copy' | 'unfinished file';

export interface Leftover {
  readonly kind: LeftoverKind;
  readonly path: string;
  readonly bytes: number;
}

/** What of the runs must be known to tell what is left over. */
export interface KnownRuns {
  readonly all: Iterable<string>;
  readonly live: Iterable<string>;
}

export interface Leftovers {
  readonly found: readonly Leftover[];
  /** Why some folders were left alone; undefined: none were. */
  readonly doubt: string | undefined;
}

const DAY_MS = 86_400_000;
/** Younger ones may belong to what is just being made (ms). */
const SETTLED_MS = DAY_MS / 24;

/** Folders are named by hashes: a run id never becomes a path. */
function folderNames(runId: string): { output: string; media: string } {
  const hash = createHash('sha256').update(runId).digest('hex');
  return { output: hash.slice(0, 32), media: hash.slice(0, 16) };
}

/** Removes what lies beside the store of a run that is gone. */
export async function removeFolders(directory: string, runId: string): Promise<void> {
  const { output, media } = folderNames(runId);
  await rm(join(directory, 'runs', output), { recursive: true, force: true });
  await rm(join(directory, 'media', media), { recursive: true, force: true });
}

/** `keepMs`: how long what may still be wanted is kept after it was last written to. `now`: ms since the epoch. */
export async function findLeftovers(directory: string, runs: KnownRuns, keepMs: number, now: number): Promise<Leftovers> {
  const known = new Set([...runs.all].flatMap((runId) => Object.values(folderNames(runId))));
  const live = new Set([...runs.live].map((runId) => folderNames(runId).output));
  const gathering = new Gathering(now);
  const folders = await foldersOf(directory);
  const strange = folders.filter(({ name }) => !known.has(name));
  // A store that knows none of them is most likely not the one that they belong to.
  const trusted = strange.length === 0 || strange.length < folders.length;
  if (trusted) for (const { kind, path } of strange) await gathering.add(kind, path, keepMs);
  for (const { kind, name, path } of folders)
    if (kind === 'output' && known.has(name) && !live.has(name)) await gathering.add(kind, path, SETTLED_MS);
  await gathering.addFiles('damaged spool', join(directory, 'spool', 'damaged'), /./, keepMs);
  await gathering.addFiles('old copy', directory, /^xtrack\.db\.(before-\d+|replaced(-wal|-shm|-journal)?)$/, keepMs);
  await gathering.addFiles('unfinished file', directory, /^xtrack\.db\.[\w.-]+\.(partial|restoring)(-journal)?$/, DAY_MS);
  const doubt = trusted ? undefined : `none of the ${strange.length} folders in ${directory} belongs to a run of this store: they stay`;
  return { found: gathering.found, doubt };
}

export async function removeLeftover({ path }: Leftover): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

interface Folder {
  readonly kind: LeftoverKind;
  readonly name: string;
  readonly path: string;
}

/** The folders of runs. */
async function foldersOf(directory: string): Promise<Folder[]> {
  const folders: Folder[] = [];
  for (const [kind, parent, names] of [
    ['output', join(directory, 'runs'), /^[0-9a-f]{32}$/],
    ['media', join(directory, 'media'), /^[0-9a-f]{16}$/],
  ] as const) {
    for (const entry of await entriesOf(parent))
      if (entry.isDirectory() && names.test(entry.name)) folders.push({ kind, name: entry.name, path: join(parent, entry.name) });
  }
  return folders;
}

class Gathering {
  readonly found: Leftover[] = [];
  readonly #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  /** Where nothing in it was written to for `keepMs`. */
  async add(kind: LeftoverKind, path: string, keepMs: number): Promise<void> {
    const size = await sizeOf(path);
    if (size !== undefined && this.#now - size.newest >= keepMs) this.found.push({ kind, path, bytes: size.bytes });
  }

  async addFiles(kind: LeftoverKind, folder: string, names: RegExp, keepMs: number): Promise<void> {
    for (const entry of await entriesOf(folder))
      if (entry.isFile() && names.test(entry.name)) await this.add(kind, join(folder, entry.name), keepMs);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    await access(folder, constants.R_OK);
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Bytes of all files, and when the newest was written (ms since the epoch); undefined: it is gone. Links are not followed. */
async function sizeOf(path: string): Promise<{ bytes: number; newest: number } | undefined> {
  try {
    const own = await lstat(path);
    if (!own.isDirectory()) return { bytes: own.size, newest: own.mtimeMs };
    const total = { bytes: 0, newest: own.mtimeMs };
    for (const { name } of await readdir(path, { withFileTypes: true })) {
      const inner = await sizeOf(join(path, name));
      total.bytes += inner?.bytes ?? 0;
      total.newest = Math.max(total.newest, inner?.newest ?? 0);
    }
    return total;
  } catch {
    return undefined;
  }
}
