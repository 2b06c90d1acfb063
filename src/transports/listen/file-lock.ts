// One process at a time, by files alone, and with no lock that would have to be taken from the dead: each puts up a file of its own, named by who
// it is, and goes on only where no other living process has one. Of two that do so at once at least one sees the other.

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { XTrackError } from '../../protocol/errors.js';
import { isAlive, ownIdentity } from '../../runtime/process/process-identity.js';

/** A file of a process that cannot be seen counts for so long (ms): it may be one of another container. */
const UNSEEN_MS = 2_000;
/** Waits between two tries, at random up to this (ms), so that those who met do not meet again. */
const PAUSE_MS = 40;
/** The lock is held for milliseconds. Who has waited so long (ms) waits for something else. */
const PATIENCE_MS = 30_000;

/** Runs `work` while no other process does so under the same path. Throws XT_LISTEN where it does not come to its turn. */
export async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  for (;;) {
    const own = raise(path);
    try {
      if (own !== undefined) return await work();
    } finally {
      if (own !== undefined) rmSync(own, { force: true });
    }
    if (performance.now() - since > PATIENCE_MS)
      throw new XTrackError('XT_LISTEN', { detail: `another process is about to listen on ${path}, and does not come to an end` });
    await sleep(1 + Math.random() * PAUSE_MS);
  }
}

/** Puts up this process's file; undefined, and it is gone, where another one is there. */
function raise(path: string): string | undefined {
  if (others(path, undefined)) return undefined;
  const { pid, startTime } = ownIdentity();
  const own = `${path}.lock.${pid}.${startTime}.${randomBytes(6).toString('hex')}`;
  closeSync(openSync(own, 'wx', 0o600));
  if (!others(path, own)) return own;
  rmSync(own, { force: true });
  return undefined;
}

/** True where another process that lives has put up a file. Those of the dead go. */
function others(path: string, own: string | undefined): boolean {
  const folder = dirname(path);
  const prefix = `${basename(path)}.lock.`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && join(folder, name) !== own)
    .some((name) => holds(join(folder, name), name.slice(prefix.length)));
}

function holds(file: string, owner: string): boolean {
  const [pid = '', startTime = ''] = owner.split('.');
  if (isAlive({ pid: Number(pid), startTime })) return true;
  const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (Math.abs(age) < UNSEEN_MS) return true;
  rmSync(file, { force: true });
  return false;
}
