// Where tests keep their files. What they end are processes, never the machine, so files in memory are as strict as those on a disk, and faster;
// and what a test leaves behind goes with its folder.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Bytes that must be free there. */
const ROOM = 6 * 1024 ** 3;

/** Before the id of the process whose folder it is. */
const NAME = 'xt-tests-';

/** Does `use` with TMPDIR set to a folder of its own, in memory where there is room; XTRACK_TEST_TMP chooses another place. */
export async function withScratch(use) {
  const before = process.env.TMPDIR;
  const folder = makeScratch();
  process.env.TMPDIR = folder;
  try {
    return await use();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function makeScratch() {
  const chosen = process.env.XTRACK_TEST_TMP;
  const folder = (chosen ? undefined : inMemory()) ?? mkdtempSync(join(chosen || tmpdir(), 'xt-'));
  // A server that may not run as root has its own folder in it.
  chmodSync(folder, 0o755);
  return folder;
}

/** A folder in memory, unless there is no such place, too little room, or programs may not be run from it. */
function inMemory() {
  let folder;
  try {
    sweep();
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM) return undefined;
    folder = mkdtempSync(join(MEMORY, `${NAME}${process.pid}-`));
    const program = join(folder, 'may-run');
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    if (spawnSync(program).status === 0) return folder;
  } catch {
    // Another system, or a place that is not ours to write to.
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return undefined;
}

/** Takes away what tests that were killed have left: memory does not come back by itself. */
function sweep() {
  for (const name of readdirSync(MEMORY)) {
    const pid = name.startsWith(NAME) ? Number.parseInt(name.slice(NAME.length), 10) : Number.NaN;
    if (pid > 0 && !isAlive(pid)) rmSync(join(MEMORY, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
