// PostgreSQL as a program: where Debian and PATH have it, the user that it runs as, a folder of data, and the words that start it on a Unix
// socket. Plain JavaScript, for the tests and for the rounds of faults alike.

import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';

/** Folder of the server's programs; undefined where there is no PostgreSQL. */
export const POSTGRES = findPostgres();

function findPostgres() {
  const installed = readdirOrNone(DEBIAN).sort((a, b) => Number(b) - Number(a));
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...installed.map((version) => join(DEBIAN, version, 'bin'))];
  return folders.find((folder) => folder !== '' && isProgram(join(folder, 'initdb')) && isProgram(join(folder, 'postgres')));
}

function readdirOrNone(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The server refuses to run as root: then another user is taken. */
function serverUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const id = (flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
    if (id('-u') > 0) return { uid: id('-u'), gid: id('-g') };
  }
  return {};
}

/** A server's folder, open to its user alone, with a path short enough for a socket; and that user, as `spawn` takes it. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-pg-'));
  const user = serverUser();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  return { folder, user };
}

/** Makes the server's data in its folder. */
export function makeData({ folder, user }) {
  const args = ['-U', 'xtrack', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  const made = spawnSync(join(POSTGRES, 'initdb'), ['-D', join(folder, 'data'), ...args], { cwd: folder, encoding: 'utf8', ...user });
  if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
}

/** In files of the server's own folder: what a killed one leaves there goes with it. */
const MEMORY = 'dynamic_shared_memory_type=mmap';

/** What is spawned. What these tests end is the server, never the machine: without fsync they are as strict and faster. */
export function serverCommand({ folder }, more = []) {
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off', 'max_connections=60', MEMORY, ...more];
  const args = ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
  return { command: join(POSTGRES, 'postgres'), args };
}

/** The address of a database. `folder`: where the socket is. */
export function addressOf(folder, database = 'postgres') {
  return `postgres://xtrack@localhost/${database}?host=${encodeURIComponent(folder)}`;
}
