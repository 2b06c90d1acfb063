// The page behind real proxies, with the recipes that docs/08-operations.md prints.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpServer, type HttpServerOptions, XTrack } from '../src/index.js';
import { CommandLine } from './cli-harness.js';
import { findChromium } from './support/browser.js';

const LIMIT_MS = 120_000;
const NAME = 'tracker.example';
const DOC = readFileSync(join(import.meta.dirname, '..', 'docs', '08-operations.md'), 'utf8');

function programOf(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path);
        return true;
      } catch {
        return false;
      }
    });
}

const NGINX = programOf('nginx');
const CADDY = programOf('caddy');
const CHROMIUM = findChromium();

function recipe(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(DOC)?.[1];
  if (found === undefined) throw new Error(`docs/08-operations.md has no recipe for ${language}`);
  return found;
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

describe('behind a proxy', () => {
  let folder: string;
  let xtrack: XTrack;
  let server: HttpServer;
  let port: number;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'xt-proxy-'));
    port = await freePort();
    xtrack = await XTrack.start({ store: 'memory' });
  });

  afterEach(async () => {
    for (const child of children.splice(0)) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // nginx ends its workers at once; Caddy would finish what nobody waits for.
      child.kill(child.spawnfile === CADDY ? 'SIGKILL' : 'SIGTERM');
      await ended;
    }
    await xtrack.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(options: HttpServerOptions): Promise<void> {
    server = await xtrack.startHttpServer({ port: 0, ...options });
  }

  async function run(command: string, ...args: string[]): Promise<void> {
    let said = '';
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder },
    });
    child.stderr.on('data', (text) => {
      said += text;
    });
    children.push(child);
    const answers = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(said);
      return await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
    };
    await expect.poll(answers, { timeout: 30_000 }).toBe(true);
  }

  async function nginx(servers: string): Promise<void> {
    mkdirSync(join(folder, 'tmp'));
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/tmp/${kind};`).join('\n');
    const head = `daemon off; pid ${folder}/pid; error_log stderr; events {}`;
    writeFileSync(join(folder, 'nginx.conf'), `${head}\nhttp {\naccess_log off;\n${temp}\n${servers}\n}\n`);
    await run(NGINX as string, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr');
  }

  const here = (text: string): string => text.replaceAll('127.0.0.1:7007', `127.0.0.1:${server.port}`);
  const token = (): string => server.signInUrl.split('#')[1] ?? '';

  /** Signs in, and sees a run that begins while the page is open. */
  async function used(address: string): Promise<void> {
    const browser = await playwright.launch({
      executablePath: CHROMIUM as string,
      args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP ${NAME} 127.0.0.1`],
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(30_000);
      await page.goto(`${address}#${token()}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page.getByText('Live', { exact: true }).first().waitFor({ state: 'attached' });
      const start = { v: 1, t: 'run_start', m: { seq: 1, ts: 1 }, p: { run_id: 'behind', name: 'behind' } };
      await xtrack.ingest(Buffer.from(JSON.stringify(start)), { format: 'lines', mayWrite: () => true });
      await page.getByRole('link', { name: 'behind' }).first().click();
      await page.getByRole('heading', { level: 1, name: 'behind' }).waitFor();
      expect(page.url()).toBe(`${address}runs/behind`);
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'behind' }).waitFor();
    } finally {
      await browser.close();
    }
  }

  it.skipIf(NGINX === undefined || CHROMIUM === undefined)(
    'nginx below a path, as the docs have it (needs nginx, a browser)',
    { timeout: LIMIT_MS },
    async () => {
      await serve({ trustedProxies: ['loopback'], allowedHosts: [`${NAME}:${port}`] });
      await nginx(here(recipe('nginx')).replace('listen 80;', `listen 127.0.0.1:${port};`));
      await used(`http://${NAME}:${port}/tracker/`);
    },
  );

  it.skipIf(CADDY === undefined || CHROMIUM === undefined)(
    'Caddy below a path, as the docs have it (needs Caddy, a browser)',
    { timeout: LIMIT_MS },
    async () => {
      await serve({ trustedProxies: ['loopback'], allowedHosts: [`${NAME}:${port}`] });
      const sites = here(recipe('caddy')).replace(':80 {', `:${port} {\n  bind 127.0.0.1`);
      writeFileSync(join(folder, 'Caddyfile'), `{\n  admin off\n}\n${sites}`);
      await run(CADDY as string, 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile');
      await used(`http://${NAME}:${port}/tracker/`);
    },
  );

  it.skipIf(NGINX === undefined || CHROMIUM === undefined)(
    'nginx that says nothing of itself, its path left (needs nginx, a browser)',
    { timeout: LIMIT_MS },
    async () => {
      await serve({ basePath: '/tracker', allowedOrigins: [`http://${NAME}:${port}`] });
      await nginx(`server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${server.port}; } }`);
      await used(`http://${NAME}:${port}/tracker/`);
    },
  );

  it('nobody else is believed, and the command line takes what the library takes', async () => {
    const [cli, other] = [new CommandLine(), new CommandLine()];
    try {
      const origin = 'https://tracker.example';
      const started = cli.start('serve', '--json', '--no-tcp', '--http-port', '0', '--allowed-origin', origin, '--base-path', '/tracker');
      await started.says(/\}\n/);
      const { url, signInUrl } = (JSON.parse(started.stdout) as { http: { url: string; signInUrl: string } }).http;
      const key = signInUrl.split('token=')[1];
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const signIn = async (more: Readonly<Record<string, string>>): Promise<number> =>
        (await fetch(`${url}tracker/api/v1/session`, { method: 'POST', body: '{}', headers: { ...headers, ...more } })).status;
      expect(await signIn({ origin })).toBeLessThan(300);
      expect(await signIn({ origin: 'https://evil.example' })).toBe(403);
      expect(await signIn({ origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' })).toBe(403);
      const page = await (
        await fetch(`${url}tracker/runs`, { headers: { accept: 'text/html', 'x-forwarded-prefix': '/elsewhere' } })
      ).text();
      expect(page).toContain('<meta name="xtrack-base" content="/tracker/" />');
      expect(await other.run('serve', '--no-tcp', '--http-port', '0', '--trust-proxy', 'everybody')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('XT_ARGUMENT'),
      });
    } finally {
      cli.remove();
      other.remove();
    }
  });
});
