// The versions of Node that XTrack runs under: what is tested under each, where another one comes from, and which SQLite it has.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ROOT, read } from './tree.mjs';

/** Majors. */
export const NODES = ['20', '22', '24', '26'];

/** What stands on Node itself: the store, threads, processes, signals, sockets. */
export const NODE_TESTS = [
  ...['store', 'faults', 'thread', 'open', 'upkeep'].map((name) => `src/storage/sqlite/${name}.test.ts`),
  'src/storage/sqlite/drivers/',
  'src/runtime/',
  'src/xtrack.test.ts',
  'src/emitter/process.test.ts',
  'test/cli.test.ts',
  'test/crash.test.ts',
];

/** Whether this Node has a SQLite that is sound: then nothing is compiled. */
export function bringsSqlite() {
  if (process.env.XTRACK_SQLITE === 'better') return false;
  const source = read(join(ROOT, 'src', 'storage', 'sqlite', 'drivers', 'choice.ts')) ?? '';
  const oldest = /OLDEST_SQLITE = \[(\d+), (\d+), (\d+)\]/.exec(source)?.slice(1).map(Number);
  const own = (process.versions.sqlite ?? '0').split('.').map(Number);
  if (oldest === undefined) return false;
  const differing = oldest.findIndex((part, index) => part !== (own[index] ?? 0));
  return differing < 0 || (own[differing] ?? 0) > oldest[differing];
}

/** Whether better-sqlite3 is there, compiled for that Node. */
export function loadsBetterSqlite(node) {
  return spawnSync(node, ['-e', "new (require('better-sqlite3'))(':memory:')"], { cwd: ROOT }).status === 0;
}

/** That version of Node, brought by npm (some 50 MB, kept in .nodes/); without a `node` it says `why`. */
export function otherNode(major, say) {
  const home = join(ROOT, '.nodes', major);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const node = join(home, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    say(`bringing Node ${major}`);
    mkdirSync(home, { recursive: true });
    // Without it npm would take the project above for the place to install in.
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    const words = ['install', '--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', home, `${name}@${major}`];
    spawnSync('npm', words, { cwd: home, stdio: 'inherit', shell: process.platform === 'win32' });
  }
  const { stdout = '', status } = spawnSync(node, ['-p', 'process.versions.sqlite ?? ""'], { encoding: 'utf8' });
  if (status !== 0) return { why: `npm brought no ${name}@${major}` };
  if (stdout.trim() === '' && !loadsBetterSqlite(node) && !compiled(node, say)) return { why: 'better-sqlite3 is not compiled for it' };
  return { node };
}

/** Compiles better-sqlite3 for another Node, unless this one uses what is compiled already; whether it loads there. */
function compiled(node, say) {
  if (!bringsSqlite()) return false;
  say('compiling SQLite for it');
  const home = dirname(dirname(node));
  const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  // Its headers lie beside it.
  const env = { ...process.env, PATH: path, ...(existsSync(join(home, 'include')) && { npm_config_nodedir: home }) };
  spawnSync('npm', ['rebuild', 'better-sqlite3'], { cwd: ROOT, stdio: 'inherit', env, shell: process.platform === 'win32' });
  return loadsBetterSqlite(node);
}
