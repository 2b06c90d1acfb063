// The data directory, for its user alone.

import { chmod, mkdir, readdir, stat } from 'node:fs/promises';

/** What XTrack makes there. Where anything else lies the folder is somebody's for something else, too, and its mode is theirs. */
const OURS =
  /^(xtrack\.|spool$|runs$|media$|outputs$|token$|ingest-token$|keys\.json|session\.key|http\.json|audit\.|control\.|ballast)|\.(sock|sock\.lock)$/;

/** Makes the data directory (0700), or takes from others what an emitter that came first, or an unpack, gave them. Errors of the file system. */
export async function makePrivate(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(directory);
  if ((mode & 0o077) === 0 || uid !== process.getuid?.()) return;
  const names = await readdir(directory);
  if (names.every((name) => OURS.test(name))) await chmod(directory, 0o700);
}
