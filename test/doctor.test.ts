// `python -m xtrack doctor` beside a real control plane: it finds it, and leaves no trace there.

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandLine, type Outcome, Started } from './cli-harness.js';

const PYTHON = process.env.XTRACK_PYTHON ?? 'python3';
const PACKAGE = fileURLToPath(new URL('../python', import.meta.url));

interface Report {
  readonly exit_code: number;
  readonly collector: { readonly server: string; readonly caps: readonly string[]; readonly round_trip_ms: number } | null;
}

let cli: CommandLine;
let server: Started;
let port: number;

beforeEach(async () => {
  cli = new CommandLine();
  server = cli.start('serve', '--json', '--port', '0', '--no-http');
  await server.says(/\}\n/);
  port = (JSON.parse(server.stdout) as { tcp: { port: number } }).tcp.port;
});
afterEach(() => cli.remove());

function python(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Started(PYTHON, ['-m', 'xtrack', ...args], { XTRACK_DATA: cli.directory, PYTHONPATH: PACKAGE, ...env }).ended;
}

test.each([
  ['its Unix socket', () => ({})],
  ['its TCP port', () => ({ XTRACK_TRANSPORT: 'tcp', XTRACK_PORT: String(port) })],
])('it reaches the server at %s, and no run appears there, not even when the server ends', async (_, env) => {
  const { code, stdout, stderr } = await python(['doctor', '--json'], env());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { collector } = JSON.parse(stdout) as Report;
  expect(collector).toMatchObject({ server: 'xtrack', caps: expect.arrayContaining(['ack', 'command', 'probe']) });
  expect(await cli.json('list')).toEqual([]);
  server.child.kill('SIGTERM');
  await server.ended;
  expect(await cli.json('list')).toEqual([]);
});

test('under `xtrack run` it asks on the descriptor that it was given', async () => {
  const outcome = await cli
    .with({ PYTHONPATH: PACKAGE })
    .run('run', '--', PYTHON, '-c', 'import sys, xtrack.__main__ as x; sys.exit(x.main(["doctor"]))');
  expect(outcome.stdout + outcome.stderr).toContain('events reach the collector at fd 3');
});

test('the demo is a run that `xtrack show` shows', async () => {
  const { code, stdout } = await python(['demo', '--steps', '20', '--seconds', '0']);
  expect(code).toBe(0);
  const [, runId = ''] = /xtrack show (\S+)/.exec(stdout) ?? [];
  expect(await cli.json('show', runId)).toMatchObject({ name: 'demo', status: 'completed', knobs: [{ name: 'lr' }] });
});
