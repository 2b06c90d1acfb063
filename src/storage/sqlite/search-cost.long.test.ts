// Searches made to cost as much as they can: each is answered or refused in its time, and no commit waits for any of them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NASTY } from '../../../test/support/costly-searches.js';
import { XTrackError } from '../../protocol/errors.js';
import { parseSearch } from '../../query/search/parser.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import type { Store } from '../store.js';
import { openSqliteStore } from './store.js';

/** 0.8 s, and what a machine with other things to do takes to come to it. */
const LIMIT_MS = 5_000;
const RUNS = 20_000;

let directory: string;
let store: Store;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-cost-'));
  store = await openSqliteStore({ directory });
  const t = 'a'.repeat(2_000);
  for (let from = 0; from < RUNS; from += 2_000) {
    const runs = Array.from({ length: 2_000 }, (_, at) =>
      sampleRecord(`run-${from + at}`, { name: `name ${from + at}`, tags: { t, u: String(at), v: 'b' }, createdAt: from + at }),
    );
    await store.commit(new SampleRun('metrics').take({ runs }));
  }
}, 120_000);

afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
}, 60_000);

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

describe('a costly search', () => {
  it.each(NASTY)('ends in its time: %s', { timeout: 60_000 }, async (_, text) => {
    const { code, ms } = await outcome(text);
    expect(['found', 'XT_SEARCH_COST', 'XT_SEARCH']).toContain(code);
    expect(ms).toBeLessThan(LIMIT_MS);
  });

  it('is refused with a code of its own', { timeout: 60_000 }, async () => {
    expect((await outcome(NASTY[1]?.[1] as string)).code).toBe('XT_SEARCH_COST');
    expect((await outcome(`${'('.repeat(40)}a`)).code).toBe('XT_SEARCH_COST');
    expect((await outcome("tags.u = '7'")).code).toBe('found');
  });

  it('ends in its time whatever it is made of', { timeout: 300_000 }, async () => {
    const term = fc.oneof(
      fc
        .constantFrom('%a', '_', '%', 'a')
        .chain((part) => fc.integer({ min: 1, max: 80 }).map((times) => `tags.t like '${part.repeat(times)}b'`)),
      fc.integer({ min: 0, max: 60 }).map((at) => `tags.k${at} * tags.u - metrics.m${at} > 3`),
      fc.constantFrom('name like "%9%8%7"', 'not (tags.v ilike "%B%")', 'duration > 3', "'name' 1"),
    );
    const text = fc
      .array(term, { minLength: 1, maxLength: 60 })
      .chain((terms) => fc.constantFrom(' or ', ' and ').map((word) => terms.join(word)));
    await fc.assert(
      fc.asyncProperty(text, async (search) => {
        const { code, ms } = await outcome(search);
        expect(['found', 'XT_SEARCH_COST', 'XT_SEARCH']).toContain(code);
        expect(ms).toBeLessThan(LIMIT_MS);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('is answered or refused soon, however many there are at once', { timeout: 60_000 }, async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => outcome(NASTY[1]?.[1] as string)));
    const codes = all.map(({ code }) => code);
    expect(codes.filter((code) => code !== 'XT_SEARCH_COST' && code !== 'XT_SEARCH_BUSY')).toEqual([]);
    expect(codes).toContain('XT_SEARCH_BUSY');
    // On a quiet machine 1.2 s; one after the other they took 8.
    expect(Math.max(...all.map(({ ms }) => ms))).toBeLessThan(LIMIT_MS);
  });

  it('keeps no commit waiting, not even ten of them', { timeout: 120_000 }, async () => {
    let over = false;
    const searches = Promise.all(Array.from({ length: 10 }, () => outcome(NASTY[1]?.[1] as string))).then(() => {
      over = true;
    });
    const run = new SampleRun('live');
    const waits: number[] = [];
    for (let seq = 1; !over; seq += 1) {
      const since = performance.now();
      await store.commit(run.metric({ seq, value: seq }).take());
      waits.push(performance.now() - since);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await searches;
    waits.sort((a, b) => a - b);
    // As measured on a quiet machine: 10 ms; behind a search each would wait for it to end.
    expect(waits[Math.floor(waits.length * 0.9)]).toBeLessThan(500);
    expect(waits.at(-1)).toBeLessThan(LIMIT_MS);
  });
});
