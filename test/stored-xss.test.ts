// What a worker sends is text in the page, whatever it says: no dialog, no script, no complaint of the content security policy (SEC-7).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XTrack } from '../src/xtrack.js';
import { RUN_TABS } from '../web/src/pages/run/run-tabs.js';
import { findChromium, openBrowser, openView } from './support/browser.js';
import { eventsWith } from './support/hostile-strings.js';

const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "'><svg/onload=alert(3)>",
  'javascript:alert(4)',
  'data:text/html,<script>alert(5)</script>',
  '<iframe srcdoc="<script>parent.alert(6)</script>"></iframe>',
  '<a href="javascript:alert(7)">here</a>',
  '</textarea></title></style></script><script>alert(8)</script>',
  '{{constructor.constructor("alert(9)")()}}',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(10)>',
  '\u202e<b onmouseover=alert(11)>x</b>\u0000',
];

const chromium = findChromium();
const LIMIT_MS = 240_000;

let directory: string;
let xtrack: XTrack;
let browser: Browser;
let url: string;
let signInUrl: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-xss-'));
  xtrack = await XTrack.start({ directory, server: { port: 0 } });
  ({ url, signInUrl } = xtrack.httpServer ?? { url: '', signInUrl: '' });
  const lines = PAYLOADS.flatMap((payload, at) => eventsWith(payload, `run-${at}`));
  await xtrack.ingest(Buffer.from(lines.join('\n')), { format: 'lines', mayWrite: () => true });
  if (chromium !== undefined) browser = await openBrowser(chromium);
}, LIMIT_MS);

afterAll(async () => {
  await browser?.close();
  await xtrack.close();
  rmSync(directory, { recursive: true, force: true });
});

describe.skipIf(chromium === undefined)('the page', () => {
  it('shows what was sent as what was sent', { timeout: LIMIT_MS }, async () => {
    const { page, complaints, context } = await openView(browser);
    const violations: string[] = [];
    await page.exposeFunction('tell', (what: string) => violations.push(what));
    const listen =
      "document.addEventListener('securitypolicyviolation', (e) => tell(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))";
    await page.addInitScript({ content: listen });
    await page.goto(signInUrl);
    await page
      .getByText(PAYLOADS[0] as string)
      .first()
      .waitFor();
    const runs = PAYLOADS.map((_payload, at) => `run-${at}`);
    const places = [
      ...runs.slice(0, 3).flatMap((run) => RUN_TABS.map(({ id }) => `runs/${run}/${id}`)),
      ...runs.slice(3).flatMap((run) => [`runs/${run}/overview`, `runs/${run}/logs`]),
      `compare?runs=${runs.slice(0, 4).join(',')}`,
      'experiments',
      `experiments/${encodeURIComponent(PAYLOADS[0] as string)}`,
      `?q=${encodeURIComponent(PAYLOADS[1] as string)}`,
      'keys',
    ];
    for (const place of places) {
      await page.goto(url + place);
      await page.locator('main').first().waitFor();
      // Each shows something of what was sent, or an empty state, once its questions are answered.
      await page.waitForFunction("document.querySelector('[aria-busy=true]') === null", undefined, { timeout: 60_000 });
    }
    await context.close();
    expect(violations).toEqual([]);
    expect(complaints.filter((text) => /dialog|alert|Content Security|Refused to/i.test(text))).toEqual([]);
  });
});
