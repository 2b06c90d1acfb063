// What a script prints as a terminal would show it: bars live while they are drawn, one line each at last, in the log, over HTTP and on the
// command line.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, XTrack } from '../src/index.js';
import { CommandLine } from './cli-harness.js';

const ESC = '\u001b';
/** Draws two bars, waits for the file `go`, finishes them and prints some lines. */
const SCRIPT = `
const { existsSync } = require('node:fs');
const draw = (n) => process.stdout.write('\\repoch ' + n + '/2 ' + '█'.repeat(30 + n) + '\\n\\r  batch ' + n + '/5${ESC}[A');
console.log('begin');
for (let n = 0; n < 2000; n++) draw(n % 2);
const timer = setInterval(() => {
  if (!existsSync(process.argv[1] + '/go')) return;
  clearInterval(timer);
  draw(2);
  process.stdout.write('\\n\\n');
  console.log('${ESC}[1;32mdone${ESC}[0m');
  console.error('error: 1 of 3');
}, 5);
`;

describe('what a script draws on its terminal', () => {
  let folder: string;
  let xtrack: XTrack;
  let server: HttpServer;
  let cli: CommandLine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xt-terminal-'));
    cli = new CommandLine();
    xtrack = await XTrack.start({ directory: cli.directory });
    server = await xtrack.startHttpServer({ port: 0 });
  });

  afterAll(async () => {
    await xtrack?.close();
    cli?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('is its present state while it is drawn, and one line each at last', async () => {
    const { runId } = await xtrack.startRun({
      runId: 'bars',
      command: process.execPath,
      args: ['-e', SCRIPT, folder],
      systemMetrics: false,
    });
    const bars = [`epoch 1/2 ${'█'.repeat(31)}`, '  batch 1/5'];
    const pending = async (): Promise<readonly string[]> => (await xtrack.getPendingOutput(runId)).stdout.slice(-2);
    await expect.poll(pending, { timeout: 20_000 }).toEqual(bars);
    const authorization = `Bearer ${server.signInUrl.split('token=')[1]}`;
    const answer = await fetch(`${server.url}api/v1/runs/bars/output`, { headers: { authorization } });
    expect(((await answer.json()) as { stdout: string[] }).stdout.slice(-2)).toEqual(bars);
    const { stdout } = await cli.run('logs', 'bars');
    expect(stdout.split('\n').slice(-3)).toEqual([...bars, '']);

    await writeFile(join(folder, 'go'), '');
    await xtrack.waitForRun(runId);
    const lines = (await xtrack.getLogs(runId)).filter(({ logger }) => logger === 'stdout').map(({ message }) => message);
    expect(lines).toEqual(['begin', `epoch 2/2 ${'█'.repeat(32)}`, '  batch 2/5', `${ESC}[1;32mdone${ESC}[0m`]);
    expect(await xtrack.getPendingOutput(runId)).toEqual({ stdout: [], stderr: [] });
  });

  it('is read from its end, by level and by pattern', async () => {
    const of = async (...args: readonly string[]): Promise<string[]> =>
      (await cli.run('logs', 'bars', ...args)).stdout.split('\n').slice(0, -1);
    expect(await of('--grep', '^(begin|  batch)')).toEqual(['begin', '  batch 2/5']);
    expect(await of('--tail', '2', '--grep', 'e')).toHaveLength(2);
    expect(await of('--tail', '0')).toEqual([]);
    expect(await of('--tail', '1', '--follow', '--grep', 'begin')).toEqual(['begin']);
    expect(await of('--level', 'warning')).toEqual([]);
    expect(await cli.run('logs', 'bars', '--grep', '(')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no regular expression'),
    });
    expect((await cli.run('logs', 'bars', '--tail', 'x')).code).toBe(2);
  });
});
