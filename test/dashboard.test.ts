// The dashboard in a real Chromium against real trainings: what is live moves, what is pressed reaches the training, and keys are enough.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, XTrack } from '../src/index.js';
import { faultsOf } from './support/axe.js';
import { findChromium, openBrowser, openView, settled, type View, type ViewOptions } from './support/browser.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const chromium = findChromium();
/** A page must show what it waits for within this (ms). */
const PATIENCE = 20_000;

/** Trains until it is stopped; logs the learning rate that it really uses. */
const TRAINING = `
import time, xtrack
run = xtrack.start_run(name="live", experiment="lab", tags={"model": "small"})
lr = run.knob("lr", 0.1, min=1e-4, max=1.0, scale="log")
step = 0
while not run.should_stop:
    step += 1
    run.log_metrics({"loss": 1.0 / step, "lr_used": lr.value}, step=step)
    run.safe_point()
    time.sleep(0.02)
xtrack.end_run()
`;

describe.skipIf(chromium === undefined)('the dashboard', () => {
  let folder: string;
  let xtrack: XTrack;
  let server: HttpServer;
  let browser: Browser;
  let script: string;
  const views: View[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xtrack-dashboard-'));
    script = join(folder, 'train.py');
    await writeFile(script, TRAINING);
    xtrack = await XTrack.start({ store: 'memory' });
    server = await xtrack.startHttpServer({ port: 0 });
    browser = await openBrowser(chromium as string);
  });

  afterEach(async () => {
    const complaints = views.flatMap((view) => view.complaints);
    for (const { context } of views.splice(0)) await context.close();
    // Of the page itself: an answer of 404 that it expects is none of a script.
    expect(complaints.filter((text) => !text.includes('Failed to load resource'))).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    for (const run of (await xtrack?.listRuns()) ?? []) await xtrack.stopRun(run.runId, { graceMs: 0 });
    await xtrack?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function signedIn(path: string, options: ViewOptions = {}): Promise<Page> {
    const view = await openView(browser, options);
    views.push(view);
    view.page.setDefaultTimeout(PATIENCE);
    await view.page.goto(server.signInUrl);
    await view.page.getByRole('heading', { level: 1 }).first().waitFor();
    if (path !== '') await view.page.goto(new URL(path, server.url).href);
    return view.page;
  }

  async function train(): Promise<string> {
    const env = { PYTHONPATH: PYTHON_PACKAGE };
    return (await xtrack.startRun({ command: PYTHON, args: [script], env, name: 'live', systemMetrics: false })).runId;
  }

  async function send(lines: readonly object[]): Promise<void> {
    const answer = await fetch(`${server.url}api/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.signInUrl.split('token=')[1]}`, 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    });
    expect(await answer.json()).toMatchObject({ refused: [] });
  }

  /** A finished run of 200 points. */
  async function recorded(runId: string, start: object, seed: number): Promise<void> {
    let seq = 0;
    const event = (t: string, p: object): object => {
      seq += 1;
      return { v: 1, t, m: { seq, ts: Date.now() * 1000 + seq }, p: { run_id: runId, ...p } };
    };
    await send([
      event('run_start', { experiment_id: 'many', ...start }),
      event('param', { key: 'lr', value: 0.001 * (seed + 1) }),
      ...Array.from({ length: 200 }, (_, step) => event('metric', { key: 'loss', value: 1 / (step + 1) + seed / 100, step })),
      event('run_end', { status: 'completed' }),
    ]);
  }

  const lastOf = async (runId: string, key: string) => (await xtrack.listSeries(runId)).find((one) => one.key === key)?.last;

  it('shows a training that begins, moves with it, and steers it', async () => {
    const page = await signedIn('');
    const runId = await train();
    // The row comes by itself, and leads to the run.
    await page.getByRole('link', { name: 'live', exact: true }).first().click();
    const chart = page.getByRole('figure', { name: 'loss' }).first();
    await chart.waitFor();
    const pointsIn = async (): Promise<number> =>
      Number(/([\d,]+) points/.exec((await chart.textContent()) ?? '')?.[1]?.replaceAll(',', '') ?? 0);
    await expect.poll(pointsIn, { timeout: PATIENCE }).toBeGreaterThan(20);
    const before = await pointsIn();
    await expect.poll(pointsIn, { timeout: PATIENCE }).toBeGreaterThan(before + 20);

    await page.keyboard.press('s');
    const steer = page.getByRole('complementary', { name: 'Steer' });
    await steer.getByRole('textbox', { name: 'New learning rate' }).fill('0.025');
    await steer.getByRole('button', { name: 'Set', exact: true }).click();
    await expect.poll(async () => (await lastOf(runId, 'lr_used'))?.value, { timeout: PATIENCE }).toBe(0.025);
    await steer.getByText('done').first().waitFor();

    await steer.getByRole('button', { name: 'Pause', exact: true }).click();
    await expect.poll(async () => (await xtrack.getRun(runId)).status, { timeout: PATIENCE }).toBe('paused');
    const held = (await lastOf(runId, 'loss'))?.step;
    await steer.getByRole('button', { name: 'Resume', exact: true }).click();
    await expect.poll(async () => (await lastOf(runId, 'loss'))?.step, { timeout: PATIENCE }).toBeGreaterThan(held as number);

    await steer.getByRole('button', { name: 'Stop…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).first().click();
    await expect.poll(async () => (await xtrack.getRun(runId)).endedAt, { timeout: PATIENCE }).not.toBeNull();
    await page
      .getByText(/completed|killed/)
      .first()
      .waitFor();
  });

  it('fetches a chart anew at the resolution of what is zoomed to', async () => {
    await recorded('zoomed', { name: 'zoomed' }, 0);
    const page = await signedIn('runs/zoomed');
    const figure = page.getByRole('figure', { name: 'loss' }).first();
    await figure.waitFor();
    const asked = page.waitForRequest((request) => {
      if (!request.url().endsWith('/api/v1/series')) return false;
      const { from, to } = request.postDataJSON() as { from?: number; to?: number };
      return from !== undefined && to !== undefined && to - from < 199;
    });
    await figure.getByRole('application').focus();
    await page.keyboard.press('+');
    expect((await (await asked).response())?.status()).toBe(200);
  });

  it('compares twenty runs', async () => {
    const ids = Array.from({ length: 20 }, (_, at) => `many-${at}`);
    for (const [at, runId] of ids.entries()) await recorded(runId, { name: runId, tags: { seed: String(at) } }, at);
    const page = await signedIn(`compare?runs=${ids.join(',')}`);
    const figure = page.getByRole('figure', { name: 'loss' }).first();
    await figure.waitFor();
    await page.getByText('many-19').first().waitFor();
    await expect.poll(async () => (await figure.textContent()) ?? '', { timeout: PATIENCE }).toMatch(/4,000 points/);
  });

  it('needs no mouse', async () => {
    await recorded('by-key', { name: 'by-key' }, 1);
    const page = await signedIn(`runs?q=${encodeURIComponent("name = 'by-key'")}`);
    await page.getByRole('link', { name: 'by-key', exact: true }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'by-key', level: 1 }).waitFor();
    await page.keyboard.press('s');
    await page.getByRole('complementary', { name: 'Steer' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('experiments');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Experiments/, level: 1 }).waitFor();
  });

  it('shows what hostile names say, and does nothing that they say', async () => {
    const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>{{alert(3)}}';
    const name = `evil ${evil}`;
    await recorded('evil', { name, tags: { [evil]: evil } }, 2);
    const event = (t: string, seq: number, p: object) => ({
      v: 1,
      t,
      m: { seq, ts: Date.now() * 1000, wid: 'w2' },
      p: { run_id: 'evil', ...p },
    });
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(4)"/>').toString('base64');
    await send([
      event('run_start', 1, {}),
      event('metric', 2, { key: evil, value: 1, step: 1 }),
      event('param', 3, { key: evil, value: evil }),
      event('log', 4, { level: 'error', msg: `\u001b[31m${evil}` }),
      event('artifact', 5, { path: `${evil}.svg`, type: 'image', upload: 'inline', content: svg }),
      event('artifact', 6, { path: 'page.html', type: 'text', upload: 'inline', content: Buffer.from(evil).toString('base64') }),
      event('checkpoint', 7, { step: 1, path: `javascript:alert(5)//${evil}` }),
    ]);
    const page = await signedIn('');
    for (const tab of ['', '/overview', '/logs', '/artifacts', '/checkpoints', '/timeline']) {
      await page.goto(new URL(`runs/evil${tab}`, server.url).href);
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      await settled(page);
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
    }
  });

  it('has no serious fault for axe, light and dark, wide and narrow', async () => {
    await recorded('axe', { name: 'axe', tags: { a: 'b' } }, 3);
    const found: string[] = [];
    const page = await signedIn('');
    for (const path of [
      'runs',
      'runs/axe',
      'runs/axe/overview',
      'runs/axe/logs',
      'runs/axe/checkpoints',
      'experiments',
      'compare',
      'keys',
    ]) {
      await page.goto(new URL(path, server.url).href);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await settled(page);
      found.push(...(await faultsOf(page)).map((fault) => `${path}: ${fault}`));
    }
    expect(found).toEqual([]);
  });
});
