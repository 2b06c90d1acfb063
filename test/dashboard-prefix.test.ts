// The dashboard below a path of somebody else's application, in a real Chromium: pages, deep links, frames, and what is on the way broken.

import Fastify, { type FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { KeyRing } from '../src/server/http/access/keys.js';
import { xtrackPlugin } from '../src/server/index.js';
import { findChromium, openBrowser, openView, type View } from './support/browser.js';

const chromium = findChromium();
const LIMIT_MS = 120_000;
const PATIENCE_MS = 30_000;
const RUN = 'r1';

describe.skipIf(chromium === undefined)('below a prefix', () => {
  let xtrack: XTrack;
  let app: FastifyInstance;
  let browser: Browser;
  let view: View;
  let base: string;
  const keys = KeyRing.open(null);
  const bearer = { authorization: `Bearer ${keys.firstToken}` };

  beforeAll(async () => {
    xtrack = await XTrack.start({ store: 'memory' });
    app = Fastify({ forceCloseConnections: true });
    app.get('/', async () => 'the application itself');
    await app.register(xtrackPlugin(xtrack, { prefix: '/tracking', keys }));
    base = `${await app.listen({ host: '127.0.0.1', port: 0 })}/tracking`;
    browser = await openBrowser(chromium as string);
    const event = (t: string, seq: number, p: object): object => ({ v: 1, t, m: { seq, ts: Date.now() * 1000 }, p: { run_id: RUN, ...p } });
    const events = [
      event('run_start', 1, { run_id: { id: RUN, exp_id: 'lab' }, name: 'below' }),
      ...Array.from({ length: 5 }, (_, step) => event('metric', step + 2, { key: 'loss', value: 1 / (step + 1), step })),
      event('run_end', 7, { status: 'completed' }),
    ];
    const answer = await fetch(`${base}/api/v1/events`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/x-ndjson' },
      body: events.map((one) => JSON.stringify(one)).join('\n'),
    });
    expect(await answer.json()).toMatchObject({ refused: [] });
  }, LIMIT_MS);

  afterEach(() => view.context.close());

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await xtrack?.close();
  });

  async function signedIn(): Promise<Page> {
    view = await openView(browser);
    view.page.setDefaultTimeout(PATIENCE_MS);
    await view.page.goto(`${base}/#token=${keys.firstToken}`);
    return view.page;
  }

  it('the runs page, a link of it and a reload work', { timeout: LIMIT_MS }, async () => {
    const page = await signedIn();
    await page.getByRole('link', { name: 'below', exact: true }).click();
    await page.getByRole('figure', { name: 'loss' }).locator('canvas').first().waitFor();
    expect(page.url()).toBe(`${base}/runs/r1`);
    await page.reload();
    await page.getByRole('heading', { name: 'below', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Experiments' }).click();
    await page.getByRole('link', { name: 'lab' }).first().click();
    expect(page.url()).toBe(`${base}/experiments/lab`);
    await page.goBack();
    await page.getByRole('heading', { name: /Experiments/, level: 1 }).waitFor();
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).pathname.startsWith('/tracking/')).toBe(true);
    // Signed out, it asks and is refused: no other complaint.
    expect(view.complaints.filter((text) => !text.includes('401'))).toEqual([]);
  });

  it('a link to embed a run shows it', { timeout: LIMIT_MS }, async () => {
    const made = await fetch(`${base}/api/v1/runs/${RUN}/embed`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: '{}',
    });
    const { url } = (await made.json()) as { readonly url: string };
    expect(url.startsWith(`${base}/embed/runs/r1#embed=`)).toBe(true);
    view = await openView(browser);
    await view.page.goto(url);
    await view.page.getByRole('heading', { name: 'below' }).waitFor({ timeout: PATIENCE_MS });
    await view.page.getByRole('figure', { name: 'loss' }).locator('canvas').first().waitFor({ timeout: PATIENCE_MS });
    expect(view.complaints).toEqual([]);
  });

  it('a page whose file is gone says so, and the others stay', { timeout: LIMIT_MS }, async () => {
    const page = await signedIn();
    await page.getByRole('link', { name: 'below', exact: true }).waitFor();
    await page.route('**/assets/experiments-page-*.js', (route) => route.fulfill({ status: 404, body: 'gone' }));
    await page.getByRole('link', { name: 'Experiments' }).click();
    await page.getByRole('alert').getByText('This page could not be loaded').waitFor();
    await page.getByRole('link', { name: 'All runs', exact: true }).click();
    await page.getByRole('link', { name: 'below', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Experiments' }).click();
    await page.unroute('**/assets/experiments-page-*.js');
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('heading', { name: /Experiments/, level: 1 }).waitFor();
  });

  it('a page that throws is replaced by what it says', { timeout: LIMIT_MS }, async () => {
    const page = await signedIn();
    await page.getByRole('link', { name: 'below', exact: true }).waitFor();
    // An answer of no shape that a page could know.
    await page.route('**/api/v1/experiments', (route) => route.fulfill({ json: [null] }));
    await page.getByRole('link', { name: 'Experiments' }).click();
    await page.getByRole('heading', { name: 'This page broke', level: 1 }).waitFor();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs', exact: true }).click();
    await page.getByRole('link', { name: 'below', exact: true }).waitFor();
  });
});
