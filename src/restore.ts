// Restoring a backup, for which nothing may be open yet. The store that it is for is loaded only when it is used.

import type { Restored, RestoreOptions } from './storage/sqlite/restore.js';

export type { Restored, RestoreOptions };

/**
 * Puts a file that `backup` wrote in the place of a data directory's store. Blocks this thread while it is checked. Errors: XT_FILE (no backup,
 * or a damaged one), XT_STORE_EXISTS (there are runs, and no `force`), XT_STORE_OPEN (another process has the data open), XT_STORE_VERSION.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  return await (await import('./storage/sqlite/restore.js')).restoreBackup(options);
}
