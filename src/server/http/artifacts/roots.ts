// The folders that artifacts of a run may be served from, and the only way to open a file that a worker named. What a worker says
// is never trusted: the file is opened without following a link, and only then is it looked at where it really lies.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';

/** Bytes of a path: the longest that Linux opens. */
const MAX_PATH = 4_096;
/** A pipe without a writer does not hold us up. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** What lies here is no data, whatever the operator said: the memory, the environment and the devices of this process. */
const NEVER = ['/proc', '/sys', '/dev'];
/** A disk in memory: what lies here are files, and other processes' memory, so only a root within it is served, none around it. */
const MEMORY_DISK = '/dev/shm';

export interface OpenedFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
  /** ms since the epoch. */
  readonly changed: number;
}

export class ArtifactRoots {
  readonly #roots: readonly string[];
  /** Of the data directory, what is this run's own. */
  readonly #own: readonly string[];
  /** The data directory, with its keys and what is of other runs; null: there is none. */
  readonly #directory: string | null;

  /** `roots`: the operator's; relative and missing folders are none. `runId`: the run whose files are asked for. */
  constructor(roots: readonly string[], directory: string | null, runId: string) {
    this.#roots = roots.filter(isAbsolute).map((root) => normalize(root));
    this.#directory = directory;
    this.#own = directory === null ? [] : ownFolders(directory, runId);
  }

  /** Opens what a worker called by this path; the caller closes it. Undefined: it is none of what may be served, or not there. */
  async open(path: string): Promise<OpenedFile | undefined> {
    if ((await this.#placeOf(path)) === undefined) return undefined;
    const handle = await open(path, FLAGS).catch(() => undefined);
    if (handle === undefined) return undefined;
    const file = await this.#checked(handle, path).catch(() => undefined);
    if (file === undefined) await handle.close();
    return file;
  }

  /** What is there by this name; undefined: it lies where nothing is served from, so that nobody looks. */
  async look(path: string): Promise<'file' | 'folder' | 'other' | 'nothing' | undefined> {
    if (!this.#mayLie(path)) return undefined;
    const place = await realpath(path).catch(() => undefined);
    if (place === undefined) return (await this.#isServed(await placeOfMissing(path))) ? 'nothing' : undefined;
    if (!(await this.#isServed(place))) return undefined;
    const info = await lstat(path).catch(() => undefined);
    if (info === undefined) return 'nothing';
    if (info.isFile()) return 'file';
    return info.isDirectory() ? 'folder' : 'other';
  }

  /** Looked at through the descriptor, so that a name that was changed in between changes nothing. */
  async #checked(handle: FileHandle, path: string): Promise<OpenedFile | undefined> {
    const info = await handle.stat();
    if (!info.isFile()) return undefined;
    const place = await placeOfDescriptor(handle, path, info);
    if (place === undefined || !(await this.#isServed(place))) return undefined;
    return { handle, size: info.size, changed: info.mtimeMs };
  }

  /** Where it really lies, before anything is opened; undefined: not where it may. */
  async #placeOf(path: string): Promise<string | undefined> {
    if (!this.#mayLie(path)) return undefined;
    const place = await realpath(path).catch(() => undefined);
    return place !== undefined && (await this.#isServed(place)) ? place : undefined;
  }

  /** By its text alone: nothing outside the roots is even looked for. */
  #mayLie(path: string): boolean {
    if (path.includes('\0') || Buffer.byteLength(path) > MAX_PATH) return false;
    return isAbsolute(path) && normalize(path) === path && [...this.#own, ...this.#roots].some((root) => isWithin(path, root));
  }

  async #isServed(place: string): Promise<boolean> {
    const inMemory = isWithin(place, MEMORY_DISK);
    if (!inMemory && NEVER.some((folder) => isWithin(place, folder))) return false;
    if (this.#directory !== null) {
      const directory = await realpath(this.#directory).catch(() => this.#directory as string);
      if (isWithin(place, directory))
        return this.#own.some((folder) => isWithin(place, directory + folder.slice((this.#directory as string).length)));
    }
    for (const root of this.#roots) {
      const real = await realpath(root).catch(() => undefined);
      if (real === undefined || (inMemory && (real === MEMORY_DISK || !isWithin(real, MEMORY_DISK)))) continue;
      if (isWithin(place, real)) return true;
    }
    return false;
  }
}

/**
 * What the Python package writes beside the data (media that are too large for an event), and where the examples keep what they make.
 * A worker can name any file of the data directory, and sees those of its own run.
 */
function ownFolders(directory: string, runId: string): string[] {
  const media = createHash('sha256').update(runId).digest('hex').slice(0, 16);
  return [join(directory, 'media', media), join(directory, 'outputs', runId)];
}

/** Where it would lie if it were there. */
async function placeOfMissing(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const place = await realpath(folder).catch(() => undefined);
    if (place !== undefined || folder === dirname(folder)) return join(place ?? folder, path.slice(folder.length));
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Where an open file lies. Linux says so itself; elsewhere the name is asked, and must still be that of the same file. */
async function placeOfDescriptor(
  { fd }: FileHandle,
  path: string,
  opened: { readonly dev: number; readonly ino: number },
): Promise<string | undefined> {
  if (process.platform === 'linux') return await realpath(`/proc/self/fd/${fd}`);
  const place = await realpath(path);
  const { dev, ino } = await stat(place);
  return dev === opened.dev && ino === opened.ino ? place : undefined;
}
