// A run inside somebody else's page: the link of `xtrack.show`, framed by a page of another origin, in a real Chromium, over a live run.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Frame, FrameLocator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { embedFrame, runPicture } from '../src/server/index.js';
import { CommandLine, WORKER } from './cli-harness.js';
import { findChromium, openBrowser, openView, type View } from './support/browser.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const CHROMIUM = findChromium();
const LIMIT_MS = 120_000;
const PATIENCE_MS = 30_000;

let cli: CommandLine;
let base: string;
let token: string;

beforeEach(async () => {
  cli = new CommandLine();
  await cli.start('serve', '--no-tcp', '--http-port', '0').says(/unix /);
  base = (JSON.parse(readFileSync(join(cli.directory, 'http.json'), 'utf8')) as { url: string }).url;
  token = readFileSync(join(cli.directory, 'token'), 'utf8').trim();
});

afterEach(() => cli.remove());

async function ask(path: string, key: string, init: RequestInit = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${key}`, ...(init.body !== undefined && { 'content-type': 'application/json' }) };
  const response = await fetch(new URL(`/api/v1${path}`, base), { ...init, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function linkOf(runId: string): Promise<{ readonly url: string; readonly key: string }> {
  const { status, body } = await ask(`/runs/${runId}/embed`, token, { method: 'POST', body: '{}' });
  expect(status).toBe(200);
  const url = body.url as string;
  return { url, key: new URLSearchParams(new URL(url).hash.slice(1)).get('embed') as string };
}

/** Serious faults of accessibility, as axe names them. */
async function faultsOf(frame: Frame): Promise<string[]> {
  await frame.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await frame.evaluate("axe.run({ resultTypes: ['violations'], preload: false })")) as {
    violations: { id: string; impact: string }[];
  };
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id);
}

describe('an embed link', () => {
  it('shows its run and nothing else, and changes nothing', { timeout: LIMIT_MS }, async () => {
    for (const runId of ['mine', 'other']) await cli.run('run', '--run-id', runId, '--', 'python3', WORKER, '3', '0');
    const { url, key } = await linkOf('mine');
    expect(url.startsWith(`${base}embed/runs/mine#embed=xte_`)).toBe(true);
    for (const part of ['', '/metrics', '/params', '/series?key=acc', '/logs', '/knobs', '/commands'])
      expect((await ask(`/runs/mine${part}`, key)).status, part).toBe(200);
    for (const part of ['', '/metrics', '/series?key=acc', '/logs', '/export?what=params&format=csv'])
      expect((await ask(`/runs/other${part}`, key)).body, part).toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    const refused: [string, string, string][] = [
      ['PATCH', '/runs/mine', '{"name":"x"}'],
      ['POST', '/runs/mine/commands', '{"type":"pause"}'],
      ['POST', '/runs/mine/stop', '{}'],
      ['POST', '/runs/mine/embed', '{}'],
      ['DELETE', '/runs/mine', '{}'],
      ['POST', '/api-keys', '{"name":"k","scope":"read"}'],
      ['GET', '/api-keys', ''],
      ['GET', '/runs', ''],
    ];
    for (const [method, path, body] of refused) {
      const answer = await ask(path, key, { method, ...(body !== '' && { body }) });
      expect(answer.body, `${method} ${path}`).toMatchObject({ code: 'XT_FORBIDDEN' });
    }
    const session = await fetch(new URL('/api/v1/session', base), { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    expect(session.headers.getSetCookie()).toEqual([]);
    for (const wrong of [`${key}x`, key.replace('.', 'A.'), 'xte_', `${key.slice(0, -4)}AAAA`])
      expect((await ask('/runs/mine', wrong)).status).toBe(401);
  });

  it('is only for who may see the run', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'mine', '--experiment', 'e', '--', 'true');
    expect((await ask('/runs/mine/embed', '', { method: 'POST', body: '{}' })).status).toBe(401);
    const { body } = await ask('/api-keys', token, { method: 'POST', body: '{"name":"k","scope":"read","experiment":"f"}' });
    expect((await ask('/runs/mine/embed', body.key as string, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});

describe.skipIf(CHROMIUM === undefined)('in a page of another origin', () => {
  let browser: Browser;
  let view: View;
  let host: Server;
  let html = '';

  beforeAll(async () => {
    browser = await openBrowser(CHROMIUM ?? '');
    host = createServer((_request, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end(html));
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser.close();
    host.close();
  });
  afterEach(() => view.context.close());

  async function framed(content: string): Promise<FrameLocator> {
    html = `<!doctype html><title>notebook</title>${content}`;
    view = await openView(browser, { width: 1000, height: 800 });
    // `localhost` and 127.0.0.1 are two sites: no cookie of ours comes along.
    await view.page.goto(`http://localhost:${(host.address() as AddressInfo).port}/`);
    return view.page.frameLocator('iframe');
  }

  it('xtrack.show of a notebook lives with its run', { timeout: LIMIT_MS }, async () => {
    const enough = join(cli.directory, 'enough');
    const training = cli.start('run', '--run-id', 'r', '--name', '<b>it</b>', '--', 'python3', WORKER, '100000', '0.1', enough);
    await training.says(/step 3/);
    const environment = { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: cli.directory };
    const script = "import xtrack; print(xtrack.show('r', height=600)._repr_html_())";
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', script], { env: environment });
    const [address = '', frame = ''] = stdout.trim().split('\n');
    expect(address).toBe(`xtrack: run r is at ${base}runs/r`);
    const page = await framed(frame);
    await page.getByRole('heading', { name: '<b>it</b>' }).waitFor({ timeout: PATIENCE_MS });
    await page.getByText('training', { exact: true }).waitFor();
    await page.getByRole('figure', { name: 'loss' }).locator('canvas').first().waitFor();
    const progress = async (): Promise<number> => Number(/step (\d+)/.exec((await page.locator('header').textContent()) ?? '')?.[1] ?? 0);
    const before = await progress();
    await expect.poll(progress, { timeout: PATIENCE_MS }).toBeGreaterThan(before + 5);
    writeFileSync(enough, '');
    expect((await training.ended).code).toBe(0);
    await page.getByText('completed', { exact: true }).waitFor({ timeout: PATIENCE_MS });
    const { length } = await cli.json<unknown[]>('metrics', 'r', 'acc');
    await expect.poll(progress, { timeout: PATIENCE_MS }).toBe(length);
    expect(await page.getByRole('button', { name: /pause|stop|steer/i }).count()).toBe(0);
    expect(await faultsOf(view.page.frames()[1] as Frame)).toEqual([]);
    expect(view.complaints).toEqual([]);
  });

  it('embedFrame of a link that is over says so', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'r', '--', 'true');
    const { url } = await linkOf('r');
    const page = await framed(embedFrame(`${url}x`, { height: 300, title: '"><script>document.title = "hacked"</script>' }));
    await page.getByText('This link has expired').waitFor({ timeout: PATIENCE_MS });
    expect(await view.page.title()).toBe('notebook');
  });

  it('runPicture is an image', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'r', '--name', '</text><script>alert(1)</script>', '--', 'python3', WORKER, '50', '0');
    const xtrack = await XTrack.start({ directory: cli.directory, readOnly: true });
    const source = await runPicture(xtrack, 'r', 'loss', { width: 400, height: 200 }).finally(() => xtrack.close());
    await framed(`<img src="${source}">`);
    const size = await view.page.locator('img').evaluate((image) => {
      const { complete, naturalWidth, naturalHeight } = image as unknown as {
        complete: boolean;
        naturalWidth: number;
        naturalHeight: number;
      };
      return { complete, naturalWidth, naturalHeight };
    });
    expect(size).toEqual({ complete: true, naturalWidth: 400, naturalHeight: 200 });
    expect(view.complaints).toEqual([]);
  });

  it('no other page of ours can be framed', { timeout: LIMIT_MS }, async () => {
    await framed(`<iframe src="${base}"></iframe>`);
    await expect.poll(() => view.complaints.join('\n'), { timeout: PATIENCE_MS }).toMatch(/frame/i);
  });
});
