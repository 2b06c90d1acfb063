// Finds a folder that spools can be written to: a read-only home, as containers have, must not cost a run its events.

import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `wanted` when it can be written, else a private folder under the temporary one; `wanted` again when neither can. */
export function chooseSpoolFolder(wanted: string): string {
  const user = process.getuid?.() ?? 0;
  const fallback = join(tmpdir(), `xtrack-${user}`, 'spool');
  if (isUsable(wanted)) return wanted;
  // Anybody can make folders beside ours there: one that is not our own is not trusted.
  return isUsable(fallback) && isPrivate(join(fallback, '..'), user) && isPrivate(fallback, user) ? fallback : wanted;
}

function isUsable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isPrivate(folder: string, user: number): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return process.platform === 'win32' || (stats !== undefined && stats.uid === user && (stats.mode & 0o022) === 0);
}
