// A run's entries page by page, each page of about the same size whatever they hold: a log line is short, an image inside an event is not.

import type { Entry, EntryKind, StoreReader } from '../storage/store.js';

/** Every kind there is. */
export const ENTRY_KINDS = Object.keys({
  param: true,
  artifact: true,
  checkpoint: true,
  log: true,
  knob: true,
  change: true,
} satisfies Record<EntryKind, true>) as readonly EntryKind[];

/** Bytes of JSON that a page should have, about. */
const PAGE_BYTES = 2 * 1024 * 1024;
const FIRST_PAGE = 64;
const LARGEST_PAGE = 8_192;

export async function* entryPages(store: Pick<StoreReader, 'getEntries'>, runId: string, kind: EntryKind): AsyncGenerator<Entry[]> {
  let limit = FIRST_PAGE;
  for (let offset = 0; ; ) {
    const page = await store.getEntries({ runId, kind, limit, offset });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    offset += page.length;
    const bytes = JSON.stringify(page).length;
    limit = Math.max(1, Math.min(LARGEST_PAGE, limit * 2, Math.floor((page.length * PAGE_BYTES) / bytes)));
  }
}
