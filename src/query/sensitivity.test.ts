// What is asked of many runs takes its time, and takes it from nobody.

import { expect, it } from 'vitest';
import { sensitivities } from './sensitivity.js';

it('lets everything else go first while it computes', { timeout: 120_000 }, async () => {
  const runs = 600;
  const columns = Array.from({ length: 8 }, (_, param) => ({
    key: `p${param}`,
    values: Array.from({ length: runs }, (_, run) => (run * (param + 3)) % 97),
  }));
  const metric = Array.from({ length: runs }, (_, run) => (run * 3) % 97);
  let over = false;
  let turns = 0;
  const since = performance.now();
  const answer = sensitivities(columns, metric, 'min').then((all) => {
    over = true;
    return all;
  });
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  // In one piece it would be a handful of turns, however long it takes.
  expect(turns).toBeGreaterThan((performance.now() - since) / 200);
  expect(turns).toBeGreaterThan(20);
  expect(await answer).toHaveLength(8);
});
