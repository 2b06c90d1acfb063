// What peers can make a server keep in memory, measured from outside: the promise is 256 MiB for the whole process.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeEvent, type Hello, type TrackEvent } from '../src/protocol/index.js';

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const MIB = 1024 * 1024;
const MOST = 256;

let directory: string;
let server: ChildProcess;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-memory-'));
  server = spawn(process.execPath, [CLI, 'serve', '--json', '--data', directory, '--http-port', '0', '--port', '0', '--no-token'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    server.stdout?.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('\n')) resolve(text);
    });
  });
  port = (JSON.parse(line) as { tcp: { port: number } }).tcp.port;
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
  rmSync(directory, { recursive: true, force: true });
});

const resident = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;

function dial(reads = true): Socket {
  const socket = connect(port);
  socket.on('error', () => undefined);
  if (reads) socket.resume();
  sockets.push(socket);
  return socket;
}

const hello = (runId: string, more: Partial<Hello> = {}): Uint8Array =>
  encodeEvent({ type: 'hello', runId, worker: '', incarnation: 'm1-1', capabilities: ['ack'], ...more });
const metric = (runId: string): TrackEvent => ({
  type: 'metric',
  runId,
  worker: '',
  incarnation: 'm1-1',
  seq: 1,
  ts: 1.7e15,
  key: 'a',
  value: 1,
});

/** Writes until the peer takes no more for a second, or all is written; watches the memory meanwhile. */
async function flood(socket: Socket, next: () => Uint8Array | undefined): Promise<number> {
  let peak = 0;
  for (let chunk = next(); chunk !== undefined; chunk = next()) {
    const taken =
      socket.write(chunk) ||
      (await Promise.race([new Promise<true>((resolve) => socket.once('drain', () => resolve(true))), delay(1_000, false)]));
    peak = Math.max(peak, resident());
    if (!taken) break;
  }
  return peak;
}

async function peakWhile(milliseconds: number): Promise<number> {
  let peak = 0;
  for (let waited = 0; waited < milliseconds; waited += 200) {
    await delay(200);
    peak = Math.max(peak, resident());
  }
  return peak;
}

it('a peer that reads no answers', async () => {
  const socket = dial(false);
  let chunks = 0;
  const chunk = Buffer.concat(Array.from({ length: 2_000 }, () => hello('A')));
  expect(await flood(socket, () => (chunks++ < 300 ? chunk : undefined))).toBeLessThan(MOST);
  // It is not read any further.
  expect(chunks).toBeLessThan(300);
});

it('frames before hello that nobody finishes', async () => {
  const start = Buffer.alloc(MIB, 0x61);
  start.writeUInt32BE(MIB - 4);
  start.write('{"v":1,"t":"hello","m":{"seq":0,"ts":1},"p":{"client":"', 4);
  for (let n = 0; n < 600; n++) dial().write(start);
  expect(await peakWhile(5_000)).toBeLessThan(MOST);
});

it('large negotiated frames that nobody finishes', async () => {
  const length = 16 * MIB;
  const start = Buffer.alloc(15 * MIB, 0x61);
  start.writeUInt32BE(length - 4);
  start.write('{"v":1,"t":"log","m":{"seq":1,"ts":1,"inc":"m1-1"},"p":{"run_id":"A","level":"info","msg":"', 4);
  for (let n = 0; n < 40; n++) {
    const socket = dial();
    socket.write(hello(`A${n}`, { maxFrame: length }));
    socket.write(start);
  }
  expect(await peakWhile(8_000)).toBeLessThan(MOST);
});

it('tens of thousands of runs on one connection', async () => {
  const socket = dial();
  socket.write(hello('first'));
  let runs = 0;
  const next = (): Uint8Array | undefined => {
    if (runs >= 20_000) return undefined;
    runs += 500;
    return Buffer.concat(Array.from({ length: 500 }, (_, n) => encodeEvent(metric(`r${runs + n}`))));
  };
  expect(Math.max(await flood(socket, next), await peakWhile(10_000))).toBeLessThan(MOST);
});
