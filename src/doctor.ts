// Looks a data directory over: what is sound, what is not, and what to do about it. Changes nothing.

import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { XTrackError } from './protocol/index.js';
import { isAlive } from './runtime/process/process-identity.js';
import { Ballast, freeBytes } from './storage/ballast.js';
import { isAnswered } from './transports/listen/socket-file.js';

export interface Diagnosis {
  /** What was looked at. */
  readonly check:
    | 'directory'
    | 'modes'
    | 'space'
    | 'ballast'
    | 'database'
    | 'schema'
    | 'wal'
    | 'spools'
    | 'damaged spools'
    | 'locks'
    | 'server'
    | 'clock';
  readonly state: 'OK' | 'WARN' | 'FAIL';
  readonly detail: string;
  /** What to do; null where all is well. */
  readonly remedy: string | null;
}

type Found = Omit<Diagnosis, 'check'>;

const MEBIBYTE = 1024 * 1024;
const LITTLE_SPACE = 256 * MEBIBYTE;
const NO_SPACE = 16 * MEBIBYTE;
/** The write-ahead log is cut back to 64 MiB; more than this means that something reads for a very long time. */
const LARGE_WAL = 256 * MEBIBYTE;
const CLOCK_MS = 60_000;
const SECRETS = /^(token|ingest-token|session\.key|keys\.json|http\.json|embed.*)$/;
const SPOOL = /\.(spool|xtf|xtrack)$/;

const ok = (detail: string): Found => ({ state: 'OK', detail, remedy: null });
const warn = (detail: string, remedy: string): Found => ({ state: 'WARN', detail, remedy });
const fail = (detail: string, remedy: string): Found => ({ state: 'FAIL', detail, remedy });

/** Every check of a data directory in turn; one that cannot be made has failed. */
export async function diagnose(directory: string): Promise<Diagnosis[]> {
  const here = directoryState(directory);
  const all: Diagnosis[] = [{ check: 'directory', ...here }];
  if (!existsSync(directory)) return all;
  const checks: Readonly<Record<Exclude<Diagnosis['check'], 'directory'>, () => Found | Promise<Found>>> = {
    modes: () => modes(directory),
    space: () => space(directory),
    ballast: () => ballast(directory),
    database: () => database(directory),
    schema: () => schema(directory),
    wal: () => wal(directory),
    spools: () => spools(directory),
    'damaged spools': () => damagedSpools(directory),
    locks: () => locks(directory),
    server: () => server(directory),
    clock: () => clock(directory),
  };
  for (const [check, look] of Object.entries(checks) as [Diagnosis['check'], () => Found | Promise<Found>][])
    all.push({ check, ...(await attempt(look)) });
  return all;
}

async function attempt(look: () => Found | Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    const { detail, remedy } = XTrackError.from(error, 'XT_STORE_READ');
    return fail(detail, remedy);
  }
}

function directoryState(directory: string): Found {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined)
    return warn(`there is no ${directory} yet`, 'nothing, if nothing was tracked here; else name the right one with --data');
  if (!found.isDirectory()) return fail(`${directory} is no directory`, 'name the right one with --data');
  if (process.getuid !== undefined && found.uid !== process.getuid())
    return warn(`${directory} belongs to user ${found.uid}`, 'run xtrack as that user');
  if ((found.mode & 0o077) !== 0) return fail(`${directory} is open to other users`, `chmod 700 ${directory}`);
  return ok(directory);
}

function modes(directory: string): Found {
  const open = filesOf(directory).filter(({ stats }) => (stats.mode & 0o077) !== 0);
  const names = open.map(({ name }) => name).join(', ');
  const remedy = `chmod 600 ${open.map(({ name }) => join(directory, name)).join(' ')}`;
  if (open.some(({ name }) => SECRETS.test(name))) return fail(`secrets can be read by others: ${names}`, `${remedy}; then make new keys`);
  return open.length > 0 ? warn(`other users can read ${names}`, remedy) : ok('every file is for its owner alone');
}

function space(directory: string): Found {
  const free = freeBytes(directory);
  const text = `${Math.floor(free / MEBIBYTE)} MiB are free`;
  const remedy = 'make room: `xtrack gc` removes what is in the trash; what is logged waits in the emitters meanwhile';
  if (free < NO_SPACE) return fail(text, remedy);
  return free < LITTLE_SPACE ? warn(text, remedy) : ok(text);
}

function ballast(directory: string): Found {
  const { bytes } = new Ballast(directory);
  if (bytes > 0) return ok(`${Math.ceil(bytes / MEBIBYTE)} MiB to give up on a full disk`);
  return warn('there is no ballast', 'none where no server ran for long, or it was turned off; else make room, and it is made again');
}

async function database(directory: string): Promise<Found> {
  const remedy = 'stop the server, `xtrack backup` what can be read, and `xtrack restore` the last good copy';
  try {
    const { faults, bytes, sqlite } = await examined(directory);
    return faults.length > 0 ? fail(faults.join('; '), remedy) : ok(`sound, ${Math.ceil(bytes / MEBIBYTE)} MiB, read with ${sqlite}`);
  } catch (error) {
    const known = XTrackError.from(error, 'XT_STORE_OPEN');
    // Without a SQLite nothing is known of the database.
    if (known.code !== 'XT_STORE_OPEN' || !existsSync(join(directory, 'xtrack.db'))) throw known;
    return fail(known.detail, remedy);
  }
}

async function schema(directory: string): Promise<Found> {
  const { schema: found, newest } = await examined(directory);
  if (found > newest) return fail(`schema ${found}, this version knows ${newest}`, 'use the version of XTrack that wrote it');
  return found < newest ? warn(`schema ${found} of ${newest}`, 'open it once for writing: `xtrack gc` does') : ok(`schema ${found}`);
}

async function wal(directory: string): Promise<Found> {
  const { walBytes } = await examined(directory);
  const text = `the write-ahead log has ${Math.ceil(walBytes / MEBIBYTE)} MiB`;
  return walBytes > LARGE_WAL ? warn(text, 'end what has been reading for very long, then `xtrack gc`') : ok(text);
}

async function examined(directory: string): Promise<import('./storage/sqlite/examine.js').Examined> {
  const path = join(directory, 'xtrack.db');
  if (!existsSync(path)) throw new XTrackError('XT_STORE_OPEN', { detail: `there is no database in ${directory}` });
  return (await import('./storage/sqlite/examine.js')).examine(path);
}

function spools(directory: string): Found {
  const waiting = filesOf(join(directory, 'spool')).filter(({ name }) => SPOOL.test(name)).length;
  if (waiting === 0) return ok('none wait');
  return warn(`${waiting} spool files wait`, 'none while their processes run; else start `xtrack serve`, which takes them in');
}

function damagedSpools(directory: string): Found {
  const damaged = filesOf(join(directory, 'spool', 'damaged')).filter(({ name }) => SPOOL.test(name)).length;
  if (damaged === 0) return ok('none');
  return warn(
    `${damaged} in ${join(directory, 'spool', 'damaged')}`,
    'what can be read of them is stored; `xtrack inspect FILE` shows the rest',
  );
}

function locks(directory: string): Found {
  const dead = filesOf(directory).filter(({ name }) => {
    const [pid = '', startTime = ''] = (/\.lock\.(.+)$/.exec(name)?.[1] ?? '').split('.');
    return pid !== '' && !isAlive({ pid: Number(pid), startTime });
  });
  if (dead.length === 0) return ok('none of the dead');
  return warn(`${dead.map(({ name }) => name).join(', ')}: their processes are gone`, 'nothing: the next start removes them');
}

async function server(directory: string): Promise<Found> {
  const path = join(directory, 'control.sock');
  if (await isAnswered(path)) return ok('a server answers');
  return ok(existsSync(path) ? 'none answers; the last one did not end by itself' : 'none runs');
}

function clock(directory: string): Found {
  const ahead = filesOf(directory).filter(({ stats }) => stats.mtimeMs > Date.now() + CLOCK_MS);
  if (ahead.length === 0) return ok('not behind what was written');
  return warn(`${ahead.map(({ name }) => name).join(', ')} were written in the future`, 'set the clock of this machine');
}

function filesOf(folder: string): { readonly name: string; readonly stats: Stats }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    return stats?.isFile() ? [{ name, stats }] : [];
  });
}
