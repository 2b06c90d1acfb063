// A private PostgreSQL with fsync for a benchmark: in a folder of its own, on a Unix socket, removed afterwards.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const DEBIAN = '/usr/lib/postgresql';
const SETTINGS = ['listen_addresses=', 'max_connections=20', 'shared_buffers=256MB', 'max_wal_size=4GB'];

/** Folder of the server's programs; undefined where there is none. */
function findPrograms() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => b - a) : [];
  const folders = [...process.env.PATH.split(delimiter), ...versions.map((version) => join(DEBIAN, version, 'bin'))];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** The server refuses to run as root. */
function serverUser() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout) || 65_534;
  return { uid: id('-u'), gid: id('-g') };
}

/** Calls `body` with the address of an empty database. Resolves to undefined where there is no PostgreSQL. */
export async function withPostgres(body) {
  const programs = findPrograms();
  if (programs === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-bench-pg-'));
  const user = serverUser();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const made = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'xtrack', '-A', 'trust', '-E', 'UTF8', '--locale=C'], {
    cwd: folder,
    ...user,
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const args = [...SETTINGS, `unix_socket_directories=${folder}`].flatMap((setting) => ['-c', setting]);
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...args], { cwd: folder, stdio: 'ignore', ...user });
  const exit = once(server, 'exit');
  try {
    const url = `postgres://xtrack@localhost/postgres?host=${encodeURIComponent(folder)}`;
    await answering(url);
    return await body(url);
  } finally {
    server.kill('SIGQUIT');
    await exit;
    rmSync(folder, { recursive: true });
  }
}

async function answering(url) {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    const answered = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (answered) return;
    await sleep(50);
  }
  throw new Error('postgres does not answer');
}
