// A real Chromium for tests: found where the system has it, driven through playwright-core, with every complaint of the page kept.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of a Chromium: XTRACK_CHROMIUM, or the first in PATH; undefined: there is none. */
export function findChromium(): string | undefined {
  const chosen = process.env.XTRACK_CHROMIUM;
  if (chosen !== undefined && chosen !== '') return chosen;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

/** A page, and what it complained about: errors of scripts, refused by the content security policy, failed requests of its own. */
export interface View {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly context: BrowserContext;
}

/** Starts the browser without a window. */
export async function openBrowser(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

/** A page in a context of its own: no cookie and no setting of another one. */
export async function openView(browser: Browser, { width = 1440, height = 900, scheme = 'light' }: ViewOptions = {}): Promise<View> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  watchRequests(page);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, complaints, context };
}

/** Requests under way, of each page. */
const underWay = new WeakMap<Page, Set<Request>>();
/** Those that end, as a page is told of them: a stream does not, and of the script of a shared worker it never hears. */
const ENDING = new Set(['document', 'fetch', 'xhr', 'script', 'stylesheet', 'image', 'font']);
/** What was answered has been drawn, and what that asks for has been asked. As text: it runs in the page. */
const DRAWN = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))';

function watchRequests(page: Page): void {
  const requests = new Set<Request>();
  underWay.set(page, requests);
  page.on('request', (request) => {
    if (ENDING.has(request.resourceType()) && !/\/worker-[\w-]+\.js$/.test(request.url())) requests.add(request);
  });
  page.on('requestfinished', (request) => requests.delete(request));
  page.on('requestfailed', (request) => requests.delete(request));
}

/** Resolves when the page has everything that it asked for, and has drawn it. Of pages of `openView`. */
export async function settled(page: Page): Promise<void> {
  const requests = underWay.get(page) ?? new Set();
  do {
    for (const request of [...requests]) await request.response().catch(() => null);
    await page.evaluate(DRAWN);
  } while (requests.size > 0);
}
