// `xtrack doctor`: each fault of a data directory is named, with what to do, and a sound one is called sound.

import { chmodSync, closeSync, mkdirSync, openSync, statSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Diagnosis } from '../src/doctor.js';
import { openWriter } from '../src/storage/sqlite/driver.js';
import { XTrack } from '../src/xtrack.js';
import { CommandLine } from './cli-harness.js';

let cli: CommandLine;

beforeEach(async () => {
  cli = new CommandLine();
  const xtrack = await XTrack.start({ directory: cli.directory });
  for (let run = 0; run < 20; run += 1) await xtrack.startCollector(`run-${run}`);
  await xtrack.close();
});

afterEach(() => cli.remove());

async function doctor(): Promise<{ readonly code: number | null; readonly of: (check: string) => Diagnosis | undefined }> {
  const { code, stdout } = await cli.run('doctor', '--json');
  const { checks } = JSON.parse(stdout) as { checks: Diagnosis[] };
  return { code, of: (check) => checks.find((one) => one.check === check) };
}

const database = (): string => join(cli.directory, 'xtrack.db');

it('calls a sound one sound, and says so line by line', { timeout: 60_000 }, async () => {
  const { code, of } = await doctor();
  expect(code).toBe(0);
  for (const check of [
    'directory',
    'modes',
    'database',
    'schema',
    'wal',
    'spools',
    'damaged spools',
    'locks',
    'server',
    'clock',
    'ballast',
  ])
    expect(of(check)).toMatchObject({ state: 'OK', remedy: null });
  const { stdout } = await cli.run('doctor');
  expect(stdout).toMatch(/^OK {4}database {8}sound, \d+ MiB, read with SQLite 3\.\d+\.\d+ of (Node|better-sqlite3)$/m);
});

it('says of a SQLite that cannot be had what to do about it, and nothing of the database', async () => {
  const { code, stdout } = await cli.with({ XTRACK_SQLITE: 'bun' }).run('doctor');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL {2}database {8}XTRACK_SQLITE is 'node' or 'better', not 'bun'/m);
  expect(stdout).not.toContain('restore');
});

const FAULTS: readonly (readonly [string, string, 'WARN' | 'FAIL', RegExp, () => void])[] = [
  ['a directory that others may enter', 'directory', 'FAIL', /chmod 700/, () => chmodSync(cli.directory, 0o755)],
  ['a database that others may read', 'modes', 'WARN', /chmod 600/, () => chmodSync(database(), 0o644)],
  ['a secret that others may read', 'modes', 'FAIL', /new keys/, () => writeFileSync(join(cli.directory, 'token'), 'x', { mode: 0o644 })],
  ['a damaged database', 'database', 'FAIL', /restore/, () => scribble()],
  ['a database that is cut off', 'database', 'FAIL', /./, () => truncateSync(database(), 1_000)],
  ['a newer schema', 'schema', 'FAIL', /version/, () => setSchema(999)],
  ['an older schema', 'schema', 'WARN', /gc/, () => setSchema(1)],
  ['a spool that waits', 'spools', 'WARN', /serve/, () => put('spool', 'a.spool')],
  ['a damaged spool', 'damaged spools', 'WARN', /inspect/, () => put('spool/damaged', 'b.spool')],
  ['a lock of the dead', 'locks', 'WARN', /next start/, () => put('.', 'xtrack.sock.lock.4000001.1@none.ab')],
  ['a file from the future', 'clock', 'WARN', /clock/, () => utimesSync(database(), new Date(), new Date(Date.now() + 86_400_000))],
];

it.each(FAULTS)('names %s', { timeout: 60_000 }, async (_, check, state, remedy, break_) => {
  break_();
  const { code, of } = await doctor();
  expect(of(check)).toMatchObject({ state, remedy: expect.stringMatching(remedy) });
  expect(code).toBe(state === 'FAIL' ? 1 : 0);
});

it('says what it means where there is no such directory', { timeout: 60_000 }, async () => {
  const { code, stdout } = await cli.run('doctor', '--data', join(cli.directory, 'none'));
  expect(code).toBe(0);
  expect(stdout).toContain('WARN');
});

function put(folder: string, name: string): void {
  mkdirSync(join(cli.directory, folder), { recursive: true, mode: 0o700 });
  writeFileSync(join(cli.directory, folder, name), '', { mode: 0o600 });
}

function setSchema(version: number): void {
  const connection = openWriter(database());
  connection.exec(`PRAGMA user_version = ${version}`);
  connection.close();
}

/** Over a page of some table, whichever it is. */
function scribble(): void {
  const file = openSync(database(), 'r+');
  for (let at = 4_096 * 3 + 8; at < statSync(database()).size; at += 4_096) writeSync(file, Buffer.alloc(512, 0xdb), 0, 512, at);
  closeSync(file);
}
