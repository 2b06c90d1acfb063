// As on SQLite: searches made to cost as much as they can are each answered or refused in their time, and no commit waits for any of them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NASTY } from '../../../test/support/costly-searches.js';
import { POSTGRES, PostgresServer } from '../../../test/support/postgres.js';
import { XTrackError } from '../../protocol/errors.js';
import { parseSearch } from '../../query/search/parser.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { openPostgresStore } from './store.js';

/** 0.8 s, and what a machine with other things to do takes to come to it. */
const LIMIT_MS = 5_000;
const RUNS = 20_000;
const COSTLIEST = NASTY[1]?.[1] as string;

describe.skipIf(POSTGRES === undefined)('a costly search (needs PostgreSQL)', () => {
  let server: PostgresServer;
  let store: Store;

  beforeAll(async () => {
    server = await PostgresServer.start();
    store = await openPostgresStore({ url: server.url(await server.createDatabase()) });
    const t = 'a'.repeat(2_000);
    for (let from = 0; from < RUNS; from += 2_000) {
      const runs = Array.from({ length: 2_000 }, (_, at) =>
        sampleRecord(`run-${from + at}`, { name: `name ${from + at}`, tags: { t, u: String(at), v: 'b' }, createdAt: from + at }),
      );
      await store.commit(new SampleRun('metrics').take({ runs }));
    }
  });

  afterAll(async () => {
    await store.close();
    await server.remove();
  });

  async function outcome(text: string): Promise<{ readonly code: string; readonly ms: number }> {
    const since = performance.now();
    let code = 'found';
    try {
      const { where, orderBy } = parseSearch(text);
      await store.search({ where, orderBy, limit: 50 });
    } catch (error) {
      code = error instanceof XTrackError ? error.code : String(error);
    }
    return { code, ms: performance.now() - since };
  }

  it.each(NASTY)('ends in its time: %s', async (_, text) => {
    const { code, ms } = await outcome(text);
    expect(['found', 'XT_SEARCH_COST', 'XT_SEARCH']).toContain(code);
    expect(ms).toBeLessThan(LIMIT_MS);
  });

  it('is refused with a code of its own, and leaves the connection as it was', async () => {
    expect((await outcome(COSTLIEST)).code).toBe('XT_SEARCH_COST');
    expect((await outcome(`${'('.repeat(40)}a`)).code).toBe('XT_SEARCH_COST');
    expect((await outcome("tags.u = '7'")).code).toBe('found');
  });

  it('keeps no commit waiting, not even ten of them', async () => {
    let over = false;
    const searches = Promise.all(Array.from({ length: 10 }, () => outcome(COSTLIEST))).then((all) => {
      over = true;
      return all;
    });
    const run = new SampleRun('live');
    const waits: number[] = [];
    for (let seq = 1; !over; seq += 1) {
      const since = performance.now();
      await store.commit(run.metric({ seq, value: seq }).take());
      waits.push(performance.now() - since);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const all = await searches;
    expect(all.map(({ code }) => code).filter((code) => code !== 'XT_SEARCH_COST' && code !== 'XT_SEARCH_BUSY')).toEqual([]);
    expect(all.map(({ code }) => code)).toContain('XT_SEARCH_BUSY');
    waits.sort((a, b) => a - b);
    expect(waits[Math.floor(waits.length * 0.9)]).toBeLessThan(500);
    expect(waits.at(-1)).toBeLessThan(LIMIT_MS);
  });
});
