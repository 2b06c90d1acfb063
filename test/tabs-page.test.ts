// The dashboard in several tabs of one browser, over a server that goes and comes back, with names that mean something in an address.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, XTrack } from '../src/index.js';
import { findChromium, openBrowser, openView } from './support/browser.js';

const chromium = findChromium();
/** A page must show what it waits for within this (ms). */
const PATIENCE = 20_000;
const TABS = 8;

describe.skipIf(chromium === undefined)('the dashboard in several tabs', () => {
  let folder: string;
  let xtrack: XTrack;
  let server: HttpServer;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xt-tabs-'));
    xtrack = await XTrack.start({ directory: folder });
    server = await xtrack.startHttpServer({ port: 0 });
    browser = await openBrowser(chromium as string);
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    await xtrack?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function signedIn(): Promise<Page> {
    const { page, context } = await openView(browser);
    contexts.push(context);
    page.setDefaultTimeout(PATIENCE);
    await page.goto(server.signInUrl);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    return page;
  }

  async function begin(runId: string, experimentId: string): Promise<void> {
    const start = {
      v: 1,
      t: 'run_start',
      m: { seq: 1, ts: Date.now() * 1_000 },
      p: { run_id: { id: runId, exp_id: experimentId }, name: runId },
    };
    const metric = { v: 1, t: 'metric', m: { seq: 2, ts: Date.now() * 1_000 }, p: { run_id: runId, key: 'loss', value: 0.5, step: 1 } };
    const body = Buffer.from([start, metric].map((event) => JSON.stringify(event)).join('\n'));
    expect(await xtrack.ingest(body, { format: 'lines', mayWrite: () => true })).toMatchObject({ accepted: 2 });
  }

  it('all hear of a run at once, and every one of them is answered', async () => {
    const first = await signedIn();
    const tabs = [first];
    while (tabs.length < TABS) {
      const tab = await first.context().newPage();
      tab.setDefaultTimeout(PATIENCE);
      await tab.goto(new URL('runs', server.url).href);
      tabs.push(tab);
    }
    for (const tab of tabs) await tab.getByText('Live', { exact: true }).first().waitFor({ state: 'attached' });
    await begin('in-all-tabs', 'tabs');
    for (const tab of tabs) await tab.getByRole('link', { name: 'in-all-tabs' }).first().waitFor();
    // A tab that goes leaves the others the stream.
    await first.close();
    await begin('in-the-others', 'tabs');
    for (const tab of tabs.slice(1)) await tab.getByRole('link', { name: 'in-the-others' }).first().waitFor();
  });

  it.each(['vision/resnet', 'a&b?c#d+e%2F', '..', '100%'])(
    'an experiment called %s has its page, from wherever one comes',
    async (name) => {
      const runId = `run-of-${Buffer.from(name).toString('hex')}`;
      await begin(runId, name);
      const page = await signedIn();
      await page.goto(new URL('experiments', server.url).href);
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByRole('link', { name: runId }).first().click();
      await page.getByRole('figure', { name: 'loss' }).first().waitFor();
      await page.getByRole('link', { name, exact: true }).first().click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      // The address by itself, too.
      await page.reload();
      await page.getByRole('link', { name: runId }).first().waitFor();
    },
  );

  it('goes on by itself when the server is back', async () => {
    await begin('asked-for-while-away', 'tabs');
    const page = await signedIn();
    const link = page.getByRole('link', { name: 'asked-for-while-away' }).first();
    await link.waitFor();
    const port = Number(new URL(server.url).port);
    await server.close();
    await link.click();
    await page.getByRole('alert').first().waitFor();
    server = await xtrack.startHttpServer({ port });
    await page.getByRole('figure', { name: 'loss' }).first().waitFor();
    await page.getByText('Live', { exact: true }).first().waitFor({ state: 'attached' });
  });
});
