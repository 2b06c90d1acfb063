// The page of comparison in a real Chromium with twenty runs: brushes, groups, the address that holds everything, files, keys alone.

import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, XTrack } from '../src/index.js';
import { encodeEvent, type TrackEvent } from '../src/protocol/index.js';
import { faultsOf } from './support/axe.js';
import { findChromium, openBrowser, openView, settled, type View, type ViewOptions } from './support/browser.js';

const CHROMIUM = findChromium();
/** A page must show what it waits for within this (ms). */
const PATIENCE = 30_000;
const LIMIT = 180_000;
const VIEWS = ['series', 'table', 'parallel', 'scatter', 'sensitivity', 'groups', 'media'] as const;
const IDS = Array.from({ length: 20 }, (_, at) => `run-${String(at).padStart(2, '0')}`);
/** A picture of 1 × 1. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe.skipIf(CHROMIUM === undefined)('the page of comparison', () => {
  let xtrack: XTrack;
  let server: HttpServer;
  let browser: Browser;
  const views: View[] = [];

  beforeAll(async () => {
    xtrack = await XTrack.start({ store: 'memory' });
    server = await xtrack.startHttpServer({ port: 0 });
    for (const [at, runId] of IDS.entries()) await record(xtrack, runId, at);
    browser = await openBrowser(CHROMIUM ?? '');
  }, LIMIT);

  afterEach(async () => {
    const complaints = views.flatMap((view) => view.complaints);
    for (const { context } of views.splice(0)) await context.close();
    expect(complaints).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await xtrack?.close();
  });

  async function open(query: string, options: ViewOptions = {}): Promise<Page> {
    const view = await openView(browser, options);
    views.push(view);
    view.page.setDefaultTimeout(PATIENCE);
    await view.page.goto(server.signInUrl);
    await view.page.getByRole('heading', { level: 1 }).first().waitFor();
    await view.page.goto(new URL(`compare?${query}`, server.url).href);
    return view.page;
  }

  const all = `runs=${IDS.join(',')}`;
  const shown = (page: Page) => page.getByRole('complementary', { name: 'Runs compared' }).locator('p').first();

  it('lays curves over each other, and groups them into means with the runs behind each', { timeout: LIMIT }, async () => {
    const page = await open(all);
    const loss = page.getByRole('figure', { name: 'loss', exact: true });
    await expect.poll(async () => (await loss.textContent()) ?? '', { timeout: PATIENCE }).toMatch(/1,000 points/);
    await page.getByRole('combobox', { name: 'Group by' }).click();
    await page.getByRole('option', { name: 'by params.optimizer' }).click();
    await loss.getByText('optimizer = adam (10)').waitFor();
    await page.getByText('optimizer = adam: 10 runs, 9 from step 21 on').first().waitFor();
    expect(new URL(page.url()).searchParams.get('by')).toBe('params.optimizer');
  });

  it('keeps in every view only the runs that a stroke along an axis lets through', { timeout: LIMIT }, async () => {
    const page = await open(`${all}&view=parallel`);
    const strip = page.locator('[data-axis="params.lr"]');
    const area = await strip.boundingBox();
    if (area === null) throw new Error('the axis has no place');
    await page.mouse.move(area.x + area.width / 2, area.y + 4);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2 - 5, { steps: 5 });
    await page.mouse.up();
    await page.getByText('Brushes leave out 10 runs, in every view.').waitFor();
    expect(await shown(page).textContent()).toBe('10 of 20 runs shown');
    await page.getByRole('tab', { name: 'Table' }).click();
    await page.getByRole('columnheader', { name: 'run 19' }).waitFor();
    expect(await page.getByRole('columnheader').count()).toBe(11);
    // Whoever is given the address sees the same.
    const other = await open(new URL(page.url()).search.slice(1));
    await other.getByText('Brushes leave out 10 runs, in every view.').waitFor();
    await other.getByRole('button', { name: 'Clear brushes' }).click();
    await expect.poll(() => other.getByRole('columnheader').count(), { timeout: PATIENCE }).toBe(21);
  });

  it('marks the best, measures against a baseline, and says how the code differs', { timeout: LIMIT }, async () => {
    const page = await open(`${all}&view=table`);
    const row = page.getByRole('row', { name: /^loss min/ });
    await row.waitFor();
    expect(await row.getByRole('img', { name: 'best' }).count()).toBe(1);
    await page.getByRole('button', { name: 'vs run 00', exact: true }).click();
    await row.getByText('−95 %').waitFor();
    await page.getByText('git diff aaaaaaaaaaaa bbbbbbbbbbbb').waitFor();
    expect(await page.getByRole('row', { name: /^batch/ }).count()).toBe(0);
    await page.getByRole('checkbox', { name: 'Only differences' }).uncheck();
    await page.getByRole('row', { name: /^batch/ }).waitFor();
  });

  it('says in its place that a view cannot be loaded, and keeps the others', { timeout: LIMIT }, async () => {
    const page = await open(`${all}&view=table`);
    const row = page.getByRole('row', { name: /^loss min/ });
    await row.waitFor();
    await page.route(/parallel-view/, (route) => route.abort());
    await page.getByRole('tab', { name: 'Parallel' }).click();
    await page.getByRole('alert').getByText('This part cannot be shown').waitFor();
    await page.getByRole('tab', { name: 'Table' }).click();
    await row.waitFor();
    // The browser itself tells of what it could not load.
    const { context, complaints } = views.pop() as View;
    expect(complaints.filter((text) => !/failed|preload/i.test(text))).toEqual([]);
    await context.close();
  });

  it('is worked with the keyboard alone', { timeout: LIMIT }, async () => {
    const page = await open(`${all}&view=table`);
    await page.getByRole('tab', { name: 'Table' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: 'Axis optimizer' }).focus();
    const order = () => page.getByRole('button', { name: /^Axis/ }).allTextContents();
    const before = await order();
    await page.keyboard.press(before.indexOf('optimizer') === 0 ? 'ArrowRight' : 'ArrowLeft');
    await expect.poll(order, { timeout: PATIENCE }).not.toEqual(before);
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'sgd' }).press('Space');
    await page.getByText('Brushes leave out 10 runs, in every view.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Parallel' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('img', { name: /^10 runs/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('strong', { hasText: /^run \d\d$/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/run-\d\d/);
  });

  it('gives each picture as PNG, SVG and CSV', { timeout: LIMIT }, async () => {
    const page = await open(`${all}&view=scatter&sx=params.lr`);
    const file = async (kind: string): Promise<Buffer> => {
      await page.getByRole('button', { name: /^Menu of scatter/ }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: `Download ${kind}` }).click(),
      ]);
      return readFileSync(await download.path());
    };
    expect((await file('PNG')).subarray(1, 4).toString()).toBe('PNG');
    expect((await file('SVG')).toString()).toMatch(/^<svg [^>]*>.*<path/s);
    const [head, first, ...rest] = (await file('CSV')).toString().trim().split('\r\n');
    expect([head, first, rest.length]).toEqual(['run,lr,loss (min)', 'run 00,0.0001,1', 19]);
  });

  it('says in words whether two groups differ', { timeout: LIMIT }, async () => {
    const page = await open(`${all}&view=groups&by=params.optimizer&gm=loss`);
    await page.getByRole('button', { name: 'adam (10) against sgd (10)' }).click();
    await page.getByText(/^B is (lower|higher) by .* \(95 % CI .* to .*\), p = /).waitFor();
  });

  it('shows pictures of all runs at one step', { timeout: LIMIT }, async () => {
    const page = await open(`runs=${IDS.slice(0, 3).join(',')}&view=media`);
    await expect.poll(() => page.locator('figure img').count(), { timeout: PATIENCE }).toBe(2);
    await page.getByText('Never logged.').waitFor();
    await page.getByRole('slider', { name: 'Step of the media' }).press('Home');
    await page.getByText('Nothing until this step.').waitFor();
    expect(new URL(page.url()).searchParams.get('step')).toBe('0');
  });

  it('takes runs in by name and by search, and out again, and says which are gone', { timeout: LIMIT }, async () => {
    const page = await open(`runs=run-00,never-was&q=${encodeURIComponent("params.optimizer = 'sgd'")}&view=table`);
    await page.getByText('1 run named here cannot be found').waitFor();
    await page.getByRole('button', { name: 'Forget' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('runs'), { timeout: PATIENCE }).toBe('run-00');
    await page.getByRole('button', { name: 'Add runs' }).click();
    await page.getByRole('textbox', { name: 'Search' }).fill('run 19');
    await page.getByRole('checkbox', { name: /run 19/ }).check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('columnheader', { name: 'run 19' }).waitFor();
    await page.getByRole('button', { name: 'Remove run 19' }).click();
    await page.getByRole('columnheader', { name: 'run 19' }).waitFor({ state: 'detached' });
  });

  it('has no serious fault for axe, and never scrolls sideways, light and dark, wide and narrow', async () => {
    const page = await open(`${all}&view=series`);
    const found: string[] = [];
    for (const view of VIEWS) {
      await page.goto(new URL(`compare?${all}&view=${view}&by=params.optimizer`, server.url).href);
      await page.getByRole('tabpanel').locator('button, table, figure').first().waitFor();
      await settled(page);
      found.push(...(await faultsOf(page)).map((fault) => `${view}: ${fault}`));
    }
    expect(found).toEqual([]);
  });
});

type Body = TrackEvent extends infer E
  ? E extends TrackEvent
    ? Omit<E, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'>
    : never
  : never;

/**
 * 50 points (80 of run 0, 20 of run 1); every second run is of sgd. Learning rates span decades; the lowest loss is 1 of run 0, and
 * falls by 0.05 from run to run. Runs 0 and 1 log pictures.
 */
async function record(xtrack: XTrack, runId: string, at: number): Promise<void> {
  const steps = at === 0 ? 80 : at === 1 ? 20 : 50;
  const params = { lr: Number((1e-4 * 10 ** (at / 5)).toPrecision(3)), optimizer: at % 2 === 0 ? 'sgd' : 'adam', batch: 64 };
  const source = { gitCommit: (at % 2 === 0 ? 'a' : 'b').repeat(40) };
  const bodies: Body[] = [
    { type: 'run_start', name: `run ${runId.slice(-2)}`, experimentId: 'sweep', source },
    ...Object.entries(params).map(([key, value]): Body => ({ type: 'param', key, value })),
    ...Array.from({ length: steps }, (_, step): Body => {
      return { type: 'metric', key: 'loss', value: 1 - at / 20 + (steps - 1 - step) / 100, step };
    }),
    ...(at === 0 ? [0, 10] : at === 1 ? [10] : []).map(picture),
    { type: 'run_end', status: 'completed' },
  ];
  const events = bodies.map((body, index) => {
    return { runId, worker: '', incarnation: 'i', seq: index + 1, ts: 1_700_000_000_000_000 + index * 1_000_000, ...body } as TrackEvent;
  });
  await xtrack.ingest(Buffer.concat(events.map(encodeEvent)), { format: 'frames', mayWrite: () => true });
}

function picture(step: number): Body {
  return { type: 'artifact', path: `samples-${step}.png`, kind: 'image', name: 'samples', upload: 'inline', content: PIXEL, step };
}
