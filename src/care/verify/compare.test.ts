import { describe, expect, it } from 'vitest';
import { XTrackError } from '../../protocol/errors.js';
import type { SearchQuery } from '../../storage/search/query.js';
import type { Store } from '../../storage/store.js';
import { compareSearch } from './compare.js';
import { Findings } from './findings.js';

const KEYS = Array.from({ length: 45 }, (_, at) => `loss${at}`);

/** A store whose search answers for `most` values at once, and for a single one at its third try. `answer`: what it finds. */
function slowStore(most: number, answer: (key: string) => number): { store: Store; searches: () => number } {
  let searches = 0;
  const store = {
    getRun: async () => ({ tags: {} }),
    listSeries: async () => KEYS.map((key) => ({ key })),
    getEntries: async () => [],
    search: async ({ select = [] }: SearchQuery) => {
      searches += 1;
      if (select.length > most || (select.length === 1 && searches % 3 !== 0)) throw new XTrackError('XT_SEARCH_COST', { detail: 'slow' });
      return { values: [select.map((value) => ('key' in value ? answer(value.key) : null))] };
    },
  } as unknown as Store;
  return { store, searches: () => searches };
}

async function compared(store: Store, twin: Store): Promise<string[]> {
  const findings = new Findings();
  await compareSearch(store, twin, 'r', false, findings);
  return findings.all().map(({ code, detail }) => `${code} ${detail}`);
}

const quick = slowStore(1_000, () => 1).store;

describe('what a search finds, held against the log', () => {
  it('asks for less at once where the machine is too busy for a whole search: slow is no damage', async () => {
    for (const most of [60, 7, 1]) {
      const slow = slowStore(most, () => 1);
      expect(await compared(slow.store, quick)).toEqual([]);
      expect(slow.searches()).toBeGreaterThan(3);
    }
  });

  it('finds what differs in a slow search, too', async () => {
    const { store } = slowStore(7, (key) => (key === 'loss44' ? 2 : 1));
    const found = await compared(store, quick);
    expect(found).toHaveLength(5);
    expect(found[0]).toBe('XT_VERIFY_SEARCH a search finds metric loss44 as 2, by the log it is 1');
  });

  it('ends where no search is ever answered', async () => {
    const { store } = slowStore(0, () => 1);
    await expect(compared(store, quick)).rejects.toMatchObject({ code: 'XT_SEARCH_COST' });
  });
});
