// Steering from the page of a run: a real training under a real server, and a real browser whose buttons change it.

import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CommandLine } from './cli-harness.js';
import { findChromium, openBrowser, openView, type View } from './support/browser.js';

const TRAIN = fileURLToPath(new URL('../examples/digits/train.py', import.meta.url));
/** Logs a point and never looks whether anything is asked of it. */
const DEAF = 'from xtrack import Tracker\nimport time\nrun = Tracker().start_run()\nrun.log_metric("train_loss", 1)\ntime.sleep(600)';
const CHROMIUM = findChromium();
const LIMIT_MS = 180_000;
/** A page waits so long for what the training does. */
const PATIENCE_MS = 30_000;

interface Shown {
  readonly runId: string;
  readonly status: string;
  readonly metrics: readonly { readonly key: string; readonly count: number }[];
  readonly checkpoints: readonly { readonly path: string }[];
  readonly knobs: readonly { readonly name: string; readonly value: number }[];
}

let browser: Browser;
let cli: CommandLine;
let view: View;

const shown = (): Promise<Shown> => cli.json<Shown>('show', 'latest');
const points = (run: Shown): number => run.metrics.find(({ key }) => key === 'train_loss')?.count ?? 0;

describe.skipIf(CHROMIUM === undefined)('the page of a run', () => {
  beforeAll(async () => {
    browser = await openBrowser(CHROMIUM ?? '');
  });
  afterAll(() => browser.close());
  beforeEach(() => {
    cli = new CommandLine();
  });
  afterEach(async () => {
    await view.context.close();
    // A server's runs go on without it.
    await cli.run('stop', 'latest', '--grace', '0');
    cli.remove();
  });

  test('pauses, resumes, changes, saves and stops the training that it shows', { timeout: LIMIT_MS }, async () => {
    const page = await openRun();
    await press(page, 'Pause');
    await status(page, 'paused');
    const paused = points(await shown());
    await page.getByRole('link', { name: 'Timeline' }).click();
    expect(points(await shown())).toBe(paused);

    await press(page, 'Resume');
    await status(page, 'training');
    await expect.poll(async () => points(await shown()), { timeout: PATIENCE_MS }).toBeGreaterThan(paused);

    const before = (await shown()).checkpoints.length;
    await press(page, 'Checkpoint now');
    expect((await shown()).checkpoints.length).toBeGreaterThan(before);

    await page.getByLabel('New learning rate').fill('0.004');
    await page.getByRole('region', { name: 'Learning rate' }).getByRole('button', { name: 'Set' }).click();
    await done(page, /lr 0\.02 → 0\.004/);
    expect((await shown()).knobs).toMatchObject([{ name: 'lr', value: 0.004 }]);

    await page.getByLabel('New learning rate').fill('7');
    await page.getByRole('region', { name: 'Learning rate' }).getByRole('button', { name: 'Set' }).click();
    await done(page, /lr: 7 is above 1\.0/);

    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByRole('button', { name: 'Ask it to stop' }).click();
    await status(page, 'completed');
    await page.getByText(/The run is over \(completed\)/).waitFor();
    expect(await page.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true);
    expect((await shown()).status).toBe('completed');
    expect(view.complaints).toEqual([]);
  });

  test('draws each point of the training once, however often it is read anew while points come', { timeout: LIMIT_MS }, async () => {
    const page = await openRun();
    await page.getByRole('navigation', { name: 'Parts of this run' }).getByRole('link', { name: 'Charts' }).click();
    const chart = page.getByRole('figure', { name: 'train_loss' });
    const drawn = async (): Promise<number> =>
      Number(/([\d,]+) points/.exec((await chart.locator('figcaption').textContent()) ?? '')?.[1]?.replaceAll(',', '') ?? 0);
    await expect.poll(drawn, { timeout: PATIENCE_MS }).toBeGreaterThan(20);

    let asked = 0;
    page.on('request', (request) => {
      const { queries = [] } = (request.url().endsWith('/series') ? request.postDataJSON() : {}) as { queries?: { key: string }[] };
      asked += queries.filter(({ key }) => key === 'train_loss').length;
    });
    await chart.getByRole('application').focus();
    await page.keyboard.press('+');
    await expect.poll(drawn, { timeout: PATIENCE_MS }).toBeLessThan(points(await shown()));
    expect(asked).toBe(1);
    await page.keyboard.press('0');
    const before = points(await shown());
    await expect.poll(drawn, { timeout: PATIENCE_MS }).toBeGreaterThan(before);

    await press(page, 'Pause');
    const stored = points(await shown());
    await expect.poll(drawn, { timeout: PATIENCE_MS }).toBe(stored);
    expect(view.complaints).toEqual([]);
  });

  test('ends the process of a training that does not listen', { timeout: LIMIT_MS }, async () => {
    const page = await openRun('python3', '-c', DEAF);
    await press(page, 'Pause', /run\.safe_point/);
    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByLabel('Seconds for each of these steps').fill('1');
    await page.getByRole('button', { name: 'Stop the process' }).click();
    await status(page, 'killed');
    expect((await shown()).status).toBe('killed');
    expect(view.complaints).toEqual([]);
  });

  test('is worked with the keyboard alone', { timeout: LIMIT_MS }, async () => {
    const page = await openRun();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await status(page, 'paused');
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Steer' }).waitFor({ state: 'detached' });
    expect(view.complaints).toEqual([]);
  });
});

/** A training that would go on for ever, its page, and the steering panel open. */
async function openRun(...command: string[]): Promise<Page> {
  const server = cli.start('serve', '--json', '--http-port', '0', '--no-tcp');
  await server.says(/signInUrl/);
  const { http } = JSON.parse(server.stdout) as { http: { url: string; signInUrl: string } };
  cli.start('run', '--', ...(command.length > 0 ? command : ['python3', TRAIN, '--epochs', '100000']));
  await expect
    .poll(async () => ((await cli.run('show', 'latest')).code === 0 ? points(await shown()) : 0), { timeout: PATIENCE_MS })
    .toBeGreaterThan(0);
  const { runId } = await shown();
  view = await openView(browser);
  const { page } = view;
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(http.signInUrl);
  await page.getByRole('link', { name: 'Runs', exact: true }).first().waitFor();
  await page.goto(new URL(`/runs/${encodeURIComponent(runId)}/overview`, http.url).href);
  await page.getByRole('region', { name: 'This run' }).waitFor();
  await page.keyboard.press('s');
  await page.getByRole('complementary', { name: 'Steer' }).waitFor();
  return page;
}

async function press(page: Page, button: string, words = /Done after/): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await done(page, words);
}

/** The newest command ends like that. */
async function done(page: Page, words: RegExp): Promise<void> {
  await page.getByRole('region', { name: 'Commands so far' }).getByRole('listitem').first().getByText(words).waitFor();
}

async function status(page: Page, words: string): Promise<void> {
  await page.getByRole('region', { name: 'This run' }).getByText(words, { exact: true }).first().waitFor();
}
