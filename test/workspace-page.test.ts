// The runs with their curves beside them, in a real Chromium: they follow the list's search, order, groups and eyes, and runs that go on.

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, XTrack } from '../src/index.js';
import { faultsOf } from './support/axe.js';
import { findChromium, openBrowser, openView } from './support/browser.js';

const chromium = findChromium();
/** A page must show what it waits for within this (ms). */
const PATIENCE = 20_000;
const RUNS = 20;

describe.skipIf(chromium === undefined)('the workspace', () => {
  let xtrack: XTrack;
  let server: HttpServer;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    xtrack = await XTrack.start({ store: 'memory' });
    server = await xtrack.startHttpServer({ port: 0 });
    browser = await openBrowser(chromium as string);
    for (let at = 0; at < RUNS; at++) await record(`run-${at}`, at);
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    await xtrack?.close();
  });

  async function send(runId: string, from: number, events: readonly (readonly [string, object])[]): Promise<void> {
    const lines = events.map(([t, p], at) =>
      JSON.stringify({ v: 1, t, m: { seq: from + at, ts: (1_760_000_000 + from + at) * 1e6 }, p: { run_id: runId, ...p } }),
    );
    expect(await xtrack.ingest(Buffer.from(lines.join('\n')), { format: 'lines', mayWrite: () => true })).toMatchObject({ refused: [] });
  }

  async function record(runId: string, at: number): Promise<void> {
    await send(runId, 1, [
      ['run_start', { run_id: { id: runId, exp_id: 'lab' }, name: runId }],
      ['param', { key: 'lr', value: at % 2 === 0 ? 0.1 : 0.01 }],
      ...Array.from({ length: 30 }, (_, step) => ['metric', { key: 'loss', value: 1 / (step + 1) + at / 100, step }] as const),
      ...Array.from({ length: 5 }, (_, step) => ['metric', { key: 'val/acc', value: step / 5, step: step * 6 }] as const),
      ['metric', { key: 'system/cpu_percent', value: 50 }],
    ]);
  }

  async function opened(path: string): Promise<Page> {
    const { page, context } = await openView(browser);
    contexts.push(context);
    page.setDefaultTimeout(PATIENCE);
    await page.goto(server.signInUrl);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.goto(new URL(path, server.url).href);
    return page;
  }

  const curvesOf = (page: Page, title: string) =>
    page.getByRole('figure', { name: title, exact: true }).first().getByRole('list', { name: 'Curves' }).getByRole('button');

  const charts = (page: Page) => page.getByRole('region', { name: 'Charts' });

  it('draws the first runs of the list, in sections, and follows its search and its eyes', async () => {
    const page = await opened('runs?charts=1&q=order%20by%20name');
    await expect.poll(() => curvesOf(page, 'loss').count(), { timeout: PATIENCE }).toBe(12);
    expect(await charts(page).getByRole('heading', { level: 2 }).allTextContents()).toEqual(['▾ metrics 1', '▾ val 1', '▸ system 1']);
    await charts(page).getByText('12 runs, 8 not drawn').waitFor();

    await page.goto(new URL(`runs?charts=1&q=${encodeURIComponent("name in ('run-3', 'run-4', 'run-5')")}`, server.url).href);
    await expect.poll(() => curvesOf(page, 'loss').allTextContents(), { timeout: PATIENCE }).toHaveLength(3);
    await page.getByRole('link', { name: 'run-4', exact: true }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('h');
    await expect.poll(() => curvesOf(page, 'loss').count(), { timeout: PATIENCE }).toBe(2);
    await page.keyboard.press('h');
    await expect.poll(() => curvesOf(page, 'loss').count(), { timeout: PATIENCE }).toBe(3);
  });

  it('asks once for all charts in view', async () => {
    const page = await opened('keys');
    const asked: string[] = [];
    page.on('request', (request) => request.url().endsWith('/api/v1/series') && asked.push(request.postData() ?? ''));
    await page.goto(new URL('runs?charts=1', server.url).href);
    await expect.poll(() => curvesOf(page, 'loss').count(), { timeout: PATIENCE }).toBe(12);
    await expect.poll(() => curvesOf(page, 'val/acc').count(), { timeout: PATIENCE }).toBe(12);
    expect(asked).toHaveLength(1);
    expect(JSON.parse(asked[0] as string).queries).toHaveLength(24);
  });

  it('draws groups as means with their bands', async () => {
    const page = await opened('runs?charts=1&group=params.lr');
    await expect.poll(() => curvesOf(page, 'loss').allTextContents(), { timeout: PATIENCE }).toHaveLength(2);
    await charts(page).getByText('2 groups of 20 runs').waitFor();
    expect((await curvesOf(page, 'loss').allTextContents()).map((text) => /^(0\.1|0\.01) \(10\)/.test(text))).toEqual([true, true]);
  });

  it('has all of it in the address, and T shows the wide table', async () => {
    const page = await opened('runs?charts=1');
    await curvesOf(page, 'loss').first().waitFor();
    await charts(page).getByText('Elapsed', { exact: true }).click();
    await charts(page).getByRole('switch', { name: 'Log y' }).click();
    await charts(page).getByRole('switch', { name: 'Ignore outliers' }).click();
    await charts(page).getByRole('searchbox', { name: 'Filter metrics' }).fill('loss');
    await expect
      .poll(() => new URL(page.url()).search, { timeout: PATIENCE })
      .toBe('?charts=1&x=relative&logy=1&outliers=ignore&metrics=loss');
    await page.reload();
    await curvesOf(page, 'loss').first().waitFor();
    expect(await page.getByRole('figure', { name: 'val/acc' }).count()).toBe(0);
    await page.getByRole('link', { name: 'run-1', exact: true }).waitFor();
    await page.locator('h1').click();
    await page.keyboard.press('t');
    await charts(page).waitFor({ state: 'detached' });
    // It is as it was left, on the plain address too.
    await page.goto(new URL('runs', server.url).href);
    await page.getByRole('link', { name: 'run-1', exact: true }).waitFor();
    expect(await charts(page).count()).toBe(0);
  });

  it('grows with a run that goes on', async () => {
    await send('goes-on', 1, [
      ['run_start', { run_id: { id: 'goes-on' }, name: 'goes-on' }],
      ['metric', { key: 'loss', value: 0.5, step: 0 }],
    ]);
    const page = await opened(`runs?charts=1&q=${encodeURIComponent("name = 'goes-on'")}`);
    const figure = page.getByRole('figure', { name: 'loss', exact: true });
    await figure.getByText('1 point', { exact: true }).waitFor();
    await send(
      'goes-on',
      3,
      Array.from({ length: 9 }, (_, at) => ['metric', { key: 'loss', value: 0.4, step: at + 1 }] as const),
    );
    await figure.getByText('10 points', { exact: true }).waitFor();
    await send('goes-on', 12, [['metric', { key: 'later', value: 1, step: 1 }]]);
    await page.getByRole('figure', { name: 'later', exact: true }).waitFor();
  });

  it('has no serious fault for axe, light and dark, wide and narrow', async () => {
    const page = await opened(`runs?charts=1&q=${encodeURIComponent("experiment = 'lab'")}`);
    await curvesOf(page, 'loss').first().waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
  });
});
