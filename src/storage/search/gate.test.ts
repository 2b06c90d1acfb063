// Two searches at once, those that wait in their order, and nobody for longer than a second.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SearchGate, WAIT_MS } from './gate.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A search that is answered when `end` is called. */
function held() {
  let end = () => {};
  const answer = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { answer, end: () => end() };
}

it('lets two through, the next when one of them is answered, in the order asked', async () => {
  const gate = new SearchGate();
  const begun: string[] = [];
  const searches = { a: held(), b: held(), c: held(), d: held() };
  const asked = Object.entries(searches).map(([name, { answer }]) =>
    gate.pass(async () => {
      begun.push(name);
      await answer;
      return name;
    }),
  );
  await vi.advanceTimersByTimeAsync(WAIT_MS / 2);
  expect(begun).toEqual(['a', 'b']);
  searches.b.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const { end } of Object.values(searches)) end();
  expect(await Promise.all(asked)).toEqual(['a', 'b', 'c', 'd']);
});

it('refuses whoever has waited, and counts no place twice', async () => {
  const gate = new SearchGate();
  const [first, second] = [held(), held()];
  const answers = [gate.pass(() => first.answer), gate.pass(() => second.answer)];
  const refused = gate.pass(async () => 'never').catch((error) => error.code);
  await vi.advanceTimersByTimeAsync(WAIT_MS);
  expect(await refused).toBe('XT_SEARCH_BUSY');
  first.end();
  second.end();
  await Promise.all(answers);
  const begun: number[] = [];
  const later = [0, 1, 2].map((at) =>
    gate.pass(async () => {
      begun.push(at);
      await new Promise(() => {});
    }),
  );
  for (const each of later) each.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(1);
  expect(begun).toEqual([0, 1]);
});

it('gives the place back when a search fails', async () => {
  const gate = new SearchGate();
  for (let n = 0; n < 5; n++) await expect(gate.pass(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await gate.pass(async () => 'found')).toBe('found');
});
