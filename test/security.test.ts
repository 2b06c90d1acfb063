// What a server with its data directory leaves on the disk, and what it answers to those who are no worker: seen from outside, on the
// real processes.

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine, type Started, WORKER } from './cli-harness.js';
import { CLI, PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

interface Address {
  readonly http: { readonly url: string; readonly signInUrl: string };
  readonly tcp: { readonly port: number };
}

let cli: CommandLine;
let server: Started;
let address: Address;

beforeEach(async () => {
  cli = new CommandLine();
  server = cli.start('serve', '--json', '--http-port', '0', '--port', '0');
  await server.says(/\}\n/);
  address = JSON.parse(server.stdout) as Address;
});

afterEach(() => cli.remove());

/** Everything in the data directory but sockets, with its mode. */
function tree(): { path: string; mode: number; isFile: boolean }[] {
  return readdirSync(cli.directory, { recursive: true, encoding: 'utf8' }).map((name) => {
    const path = join(cli.directory, name);
    const stats = statSync(path);
    return { path, mode: stats.mode & 0o777, isFile: stats.isFile() };
  });
}

async function ask(path: string, key: string, body?: string, type = 'application/json'): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': type }) };
  return await fetch(`${address.http.url}api/v1/${path}`, { method: body === undefined ? 'GET' : 'POST', headers, body: body ?? null });
}

const ownerKey = (): string => address.http.signInUrl.split('#token=')[1] ?? '';

describe('a data directory that was used', () => {
  it('is for its owner alone (SEC-13), and holds no key and no secret of the environment (SEC-14)', async () => {
    const { key } = await cli.json<{ key: string }>('keys', 'create', 'ci', '--scope', 'admin');
    const secrets = { AWS_SECRET_ACCESS_KEY: 'planted-aws-4b1d', XTRACK_TOKEN: 'planted-token-77aa', DB_PASSWORD: 'planted-password-03' };
    const run = await cli.with(secrets).run('run', '--run-id', 'r', '--', 'python3', WORKER, '3', '0');
    expect(run.code).toBe(0);
    expect((await ask('session', key, '{}')).status).toBe(204);
    expect((await ask('runs', 'xtk_wrong-key-55c2')).status).toBe(401);
    expect((await ask('api-keys', key, '{"name":"more","scope":"read"}')).status).toBe(201);
    const entries = tree();
    expect(entries.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
    const files = entries.filter(({ isFile }) => isFile);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['xtrack.db', 'audit.jsonl'].map((name) => join(cli.directory, name))),
    );
    for (const planted of [key.slice(16), 'wrong-key-55c2', ...Object.values(secrets)]) {
      for (const { path } of files) expect(readFileSync(path).includes(planted), `${planted} in ${path}`).toBe(false);
      expect(`${server.stdout}${server.stderr}`).not.toContain(planted);
    }
  });
});

describe('a data directory whose user lets others read what is made', () => {
  it('is for its owner alone all the same, whoever made it (SEC-13)', async () => {
    const data = join(cli.directory, 'sub', 'data');
    const worker = 'import xtrack\nwith xtrack.start_run() as run:\n  run.log_metric("a", 1)\n  run.log_text("t", "x" * 100000)';
    const script = `umask 000
      ${PYTHON} -c '${worker}' && mode=$(stat -c %a "$XTRACK_DATA") && [ "$mode" = 700 ] || exit 9
      chmod 755 "$XTRACK_DATA"
      node "$CLI" run -- ${PYTHON} -c '${worker}' &&
      node "$CLI" keys create k --scope read && node "$CLI" backup "$XTRACK_DATA/xtrack.backup.gz" && node "$CLI" gc &&
      find "$XTRACK_DATA" -perm /077`;
    const env = { ...process.env, XTRACK_DATA: data, PYTHONPATH: PYTHON_PACKAGE, CLI };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script], { env });
    expect(
      stdout.split('\n').filter((line) => line.includes(data) && !line.startsWith('wrote')),
      stderr,
    ).toEqual([]);
    // Somebody else's folder keeps its mode.
    const shared = join(cli.directory, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o755);
    writeFileSync(join(shared, 'thesis.tex'), '');
    await promisify(execFile)('node', [CLI, 'gc', '--data', shared], { env });
    expect(statSync(shared).mode & 0o777).toBe(0o755);
  });
});

describe('the port of the workers', () => {
  /** Everything that comes back until the server hangs up. */
  const said = (send: string | Buffer): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      const socket = connect(address.tcp.port, '127.0.0.1', () => socket.write(send));
      socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk;
      });
      socket.on('error', () => undefined).on('close', () => resolve(text));
    });

  it('hangs up on a page, a socket of a page, TLS and noise, and goes on (SEC-19)', async () => {
    const requests = [
      `POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${address.tcp.port}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      Buffer.alloc(64 * 1024, 0xff),
    ];
    for (const request of requests) expect(await said(request)).not.toMatch(/^HTTP/);
    const overTls = await new Promise((resolve) => {
      connectTls({ port: address.tcp.port, host: '127.0.0.1', rejectUnauthorized: false }, () => resolve('secure')).once('error', () =>
        resolve('refused'),
      );
    });
    expect(overTls).toBe('refused');
    expect(await (await ask('runs', ownerKey())).json()).toMatchObject({ runs: [] });
    expect((await ask('health', ownerKey())).status).toBe(200);
  });
});

describe('names that are ways to a prototype', () => {
  it('are names like others, and come back as they went (SEC-16)', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then'];
    const frame = (seq: number, t: string, p: string): string =>
      `{"v":1,"t":"${t}","m":{"seq":${seq},"ts":1700000000000000},"p":{"run_id":"r",${p}}}`;
    const lines = [
      `{"v":1,"t":"run_start","m":{"seq":1,"ts":1700000000000000},"p":{"run_id":{"id":"r"},"tags":{${names.map((name) => `"${name}":"tag"`).join(',')}}}}`,
      ...names.map((name, at) => frame(2 + at, 'param', `"key":"${name}","value":{"__proto__":{"polluted":1}}`)),
      ...names.map((name, at) => frame(10 + at, 'metric', `"key":"${name}","value":1,"step":1`)),
    ];
    const sent = await ask('events', ownerKey(), lines.join('\n'), 'application/x-ndjson');
    expect(await sent.json()).toMatchObject({ accepted: lines.length, refused: [] });
    const keysOf = async (path: string): Promise<string[]> => Object.keys(JSON.parse(await (await ask(path, ownerKey())).text()) as object);
    expect((await keysOf('runs/r/params')).sort()).toEqual([...names].sort());
    const metrics = (await (await ask('runs/r/metrics', ownerKey())).json()) as { key: string }[];
    expect(metrics.map(({ key }) => key).sort()).toEqual([...names].sort());
    const { tags } = JSON.parse(await (await ask('runs/r', ownerKey())).text()) as { tags: object };
    expect(Object.keys(tags).sort()).toEqual([...names].sort());
    const found = await ask(`runs?q=${encodeURIComponent("tags.polluted = '1' or params.polluted = 1")}`, ownerKey());
    expect(((await found.json()) as { runs: unknown[] }).runs).toEqual([]);
  });
});
