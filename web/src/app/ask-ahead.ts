// What the first page asks for, asked while its scripts are still on their way; the page takes the answers when it is drawn.

import { askAhead } from '../api/client';
import type { SearchKeys } from '../api/types';
import { firstRunsPath, namesColumns } from '../pages/runs/search/runs-question';

/** `path` is one of the page's own. Resolves when all is asked for that is known ahead; what is refused, the page meets itself. */
export async function askForPage(path: string, search: string): Promise<void> {
  void askAhead('/info');
  if (path !== '/' && path !== '/runs') return;
  const names = askAhead<SearchKeys>('/keys').catch(() => undefined);
  const keys = namesColumns(search) ? undefined : await names;
  void askAhead(firstRunsPath(search, keys));
}
