// The first thing that the README shows: the workspace with nine trainings, three for each learning rate, one of them live.
// To make the picture anew: XTRACK_WRITE_PICTURE=1 npx vitest run test/picture.test.ts

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { findChromium, openBrowser, openView } from './support/browser.js';

const chromium = findChromium();
const PICTURE = join(import.meta.dirname, '..', 'docs', 'images', 'workspace.png');
const STEPS = 400;

/** Numbers in [0, 1) that look random and are the same each time. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe.skipIf(chromium === undefined)('the picture of the README', () => {
  let xtrack: XTrack;

  beforeAll(async () => {
    xtrack = await XTrack.start({ store: 'memory' });
    const rates = [0.003, 0.01, 0.03];
    for (const [at, lr] of rates.entries()) for (const seed of [1, 2, 3]) await train(`lr-${lr}-seed-${seed}`, lr, at * 3 + seed);
  });

  afterAll(() => xtrack.close());

  async function train(runId: string, lr: number, seed: number): Promise<void> {
    const random = noise(seed * 7_919);
    const begun = Date.now() - (10 - seed) * 60_000;
    const isLive = seed === 9;
    const steps = isLive ? STEPS * 0.7 : STEPS;
    const floor = 0.12 + Math.abs(Math.log10(lr) + 2) * 0.22;
    const events: [string, object][] = [
      ['run_start', { run_id: { id: runId, exp_id: 'digits' }, name: runId.replace(/^lr-(.*)-seed-(.*)$/, 'mlp lr=$1 seed $2') }],
      ['param', { key: 'lr', value: lr }],
    ];
    for (let step = 0; step < steps; step += 2) {
      const loss = floor + 2.2 * Math.exp((-step * lr * 8) / 5) + (random() - 0.5) * 0.18;
      events.push(['metric_batch', { metrics: { 'train/loss': loss, 'train/grad_norm': 0.4 + loss * 1.5 + random() * 0.5 }, step }]);
      if (step % 20 === 0)
        events.push(['metric_batch', { metrics: { 'val/loss': loss + 0.05, 'val/acc': Math.min(0.99, 1 - loss * 0.38) }, step }]);
    }
    if (!isLive) events.push(['run_end', { status: 'completed' }]);
    const lines = events.map(([t, p], at) =>
      JSON.stringify({ v: 1, t, m: { seq: at + 1, ts: (begun + at * 250) * 1_000 }, p: { run_id: runId, ...p } }),
    );
    expect(await xtrack.ingest(Buffer.from(lines.join('\n')), { format: 'lines', mayWrite: () => true })).toMatchObject({ refused: [] });
  }

  it('is what the page shows', { timeout: 120_000 }, async () => {
    const server = await xtrack.startHttpServer({ port: 0 });
    const browser = await openBrowser(chromium as string);
    try {
      const { page } = await openView(browser, { width: 1_440, height: 820 });
      page.setDefaultTimeout(30_000);
      await page.goto(server.signInUrl);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      const columns = ['status', 'metrics.val/acc'].map((column) => `c=:${encodeURIComponent(column)}`).join('&');
      await page.goto(new URL(`runs?charts=1&group=params.lr&smooth=0.6&${columns}`, server.url).href);
      for (const title of ['train/loss', 'train/grad_norm', 'val/loss', 'val/acc']) {
        const curves = page.getByRole('figure', { name: title, exact: true }).getByRole('list', { name: 'Curves' }).getByRole('button');
        await expect.poll(() => curves.count(), { timeout: 30_000 }).toBe(3);
      }
      const shot = await page.screenshot();
      if (process.env.XTRACK_WRITE_PICTURE === '1') {
        mkdirSync(dirname(PICTURE), { recursive: true });
        writeFileSync(PICTURE, shot);
      }
    } finally {
      await browser.close();
    }
    expect(existsSync(PICTURE)).toBe(true);
    const head = readFileSync(PICTURE);
    expect([head.subarray(1, 4).toString('latin1'), head.readUInt32BE(16), head.readUInt32BE(20)]).toEqual(['PNG', 1_440, 820]);
    expect(readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')).toContain('docs/images/workspace.png');
  });
});
