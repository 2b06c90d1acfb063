// No string that comes over the wire or over HTTP is a way to a file: three hundred of them in every field of every event and at every
// route, and the kernel's own record of what the server opened, made, removed, renamed and called on meanwhile (SEC-1, SEC-2).

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOf } from '../src/server/http/documents/openapi.js';
import { tableOf } from '../src/server/http/mount.js';
import type { Route } from '../src/server/http/route.js';
import { CLI } from './support/control-plane.js';
import { eventsWith, payloads } from './support/hostile-strings.js';
import { ask } from './support/http.js';
import { offences } from './support/syscalls.js';

const CANARY = 'canary-51c9-must-never-be-seen';
const CALLS =
  'open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,truncate,connect';

let base: string;
let data: string;
let record: string;
let secret: string;
let server: ChildProcess;
/** Of the server itself: strace passes no signal on. */
let pid: number;
let url: string;
let port: number;
let headers: Record<string, string>;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'xtrack-traversal-'));
  [data, record, secret] = [join(base, 'data'), join(base, 'record'), join(base, 'secret.txt')];
  mkdirSync(join(base, 'cwd'));
  mkdirSync(join(base, 'served'));
  writeFileSync(secret, CANARY);
  const args = ['serve', '--json', '--data', data, '--http-port', '0', '--port', '0', '--artifact-root', join(base, 'served')];
  const watched = ['-f', '-qq', '-s', '5000', '-o', record, '-e', `trace=${CALLS}`, process.execPath, CLI, ...args];
  server = spawn('strace', watched, { cwd: join(base, 'cwd'), stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const said = JSON.parse(line.toString()) as { pid: number; http: { url: string; signInUrl: string }; tcp: { port: number } };
  pid = said.pid;
  url = said.http.url;
  port = said.tcp.port;
  headers = { authorization: `Bearer ${said.http.signInUrl.split('#token=')[1]}` };
});

afterAll(async () => {
  if (server.exitCode === null) {
    process.kill(pid, 'SIGTERM');
    await once(server, 'exit');
  }
  rmSync(base, { recursive: true, force: true });
});

/** The answer, in which the secret is not. */
async function safe(method: string, path: string, body?: string, type = 'application/json'): Promise<number> {
  const more = body === undefined ? {} : { 'content-type': type };
  // Below `path` nothing is tidied up: what is asked for is what is sent.
  const answer = await ask(url, {
    method,
    path,
    headers: { ...headers, host: new URL(url).host, ...more },
    ...(body !== undefined && { body }),
  });
  expect(answer.text.includes(CANARY), `${method} ${path}`).toBe(false);
  expect(answer.status, `${method} ${path}: ${answer.text}`).not.toBe(500);
  return answer.status;
}

const namesIn = (schema: unknown): string[] => Object.keys((schema as { properties?: object } | undefined)?.properties ?? {});

/** The payload in every part of the address, every field of the query and of the body. */
async function askRoute(one: Route, payload: string): Promise<void> {
  const text = encodeURIComponent(payload);
  const path = pathOf(one).replace(/:\w+/g, text);
  // A stream of events has no end that could be waited for; its head is the answer.
  const query = namesIn(one.query).map((name) => `${name}=${text}`);
  const body = JSON.stringify(Object.fromEntries(namesIn(one.body).map((name) => [name, payload])));
  await safe(one.method, query.length === 0 ? path : `${path}?${query.join('&')}`, one.method === 'GET' ? undefined : body);
}

describe('hostile strings', () => {
  it('in every field of every event are stored, and are no ways', async () => {
    const all = payloads(secret);
    expect(new Set(all).size).toBeGreaterThanOrEqual(300);
    for (let at = 0; at < all.length; at += 20) {
      const lines = all.slice(at, at + 20).flatMap((payload, index) => eventsWith(payload, `run-${at + index}`));
      expect(await safe('POST', '/api/v1/events', lines.join('\n'), 'application/x-ndjson')).toBe(200);
    }
    const runs = await ask(`${url}api/v1/runs?limit=1000`, { headers });
    expect((JSON.parse(runs.text) as { runs: unknown[] }).runs.length).toBeGreaterThanOrEqual(all.length);
  });

  it('in a hello and in what follows it do no more', async () => {
    for (const payload of payloads(secret)) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      const closed = once(socket, 'close');
      const envelopes = [
        { v: 1, t: 'hello', m: { seq: 0, ts: 1, wid: payload, inc: payload }, p: { run_id: payload, client: payload, caps: [payload] } },
      ];
      for (const envelope of envelopes) {
        const text = Buffer.from(JSON.stringify(envelope));
        const head = Buffer.alloc(4);
        head.writeUInt32BE(text.length);
        socket.write(Buffer.concat([head, text]));
      }
      socket.end();
      socket.resume();
      await closed;
    }
  });

  it('at every route are refused or not found', async () => {
    const some = payloads(secret).filter((_payload, at) => at % 60 === 0);
    for (const one of tableOf('')) if (!pathOf(one).endsWith('/session')) for (const payload of some) await askRoute(one, payload);
  });

  it('in an address are no ways either', async () => {
    for (const payload of payloads(secret)) {
      const part = encodeURIComponent(payload);
      for (const path of [`/api/v1/runs/run-0/artifacts/${part}/content`, `/assets/${part}`]) await safe('GET', path);
      // As it is, where it can stand in a request line.
      if (/^[!-~]+$/.test(payload)) await safe('GET', `/assets/${payload}`);
    }
  });

  it('in the path of an artifact open no file', async () => {
    for (const at of payloads(secret).keys()) {
      const listed = await ask(`${url}api/v1/runs/run-${at}/artifacts`, { headers });
      for (const { id } of JSON.parse(listed.text) as { id: string }[])
        for (const what of ['content', 'preview']) await safe('GET', `/api/v1/runs/run-${at}/artifacts/${id}/${what}`);
    }
  });

  it('made the server open, make, remove and call on nothing outside its data directory', async () => {
    process.kill(pid, 'SIGTERM');
    await once(server, 'exit');
    const lines = readFileSync(record, 'utf8');
    expect(lines).toContain(join(data, 'xtrack.db'));
    expect(offences(lines, data, secret)).toEqual([]);
    expect(readFileSync(secret, 'utf8')).toBe(CANARY);
  });
});

describe('the witness', () => {
  it('sees what it is there to see', async () => {
    const out = join(base, 'witness');
    const script = `const fs = require('fs'); const b = process.argv[1];
      fs.writeFileSync(b + '/made', 'x'); fs.renameSync(b + '/made', b + '/moved'); fs.unlinkSync(b + '/moved'); fs.mkdirSync(b + '/folder');
      fs.readFileSync(b + '/secret.txt'); require('net').connect(9, '127.0.0.1').on('error', () => {});`;
    await promisify(execFile)('strace', [
      '-f',
      '-qq',
      '-s',
      '5000',
      '-o',
      out,
      '-e',
      `trace=${CALLS}`,
      process.execPath,
      '-e',
      script,
      base,
    ]);
    for (let waited = 0; !existsSync(out) && waited < 30_000; waited += 20) await delay(20);
    const kinds = offences(readFileSync(out, 'utf8'), data, secret).map((line) => line.split(' ', 1)[0]);
    expect(new Set(kinds)).toEqual(new Set(['writes', 'renames', 'removes', 'makes', 'reads', 'calls']));
  });
});
