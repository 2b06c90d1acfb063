// Workers that find the token of their own data directory by themselves, at a listener that knows nobody by their user.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const IN_PYTHON = 'import xtrack\nwith xtrack.start_run(run_id="py") as run: run.log_metric("a", 1)';
const IN_JAVASCRIPT = `import { withRun } from 'xtrack/emitter';
await withRun({ runId: 'js', source: false, environment: false }, (run) => run.logMetric('a', 1));`;

let folder: string;
let xtrack: XTrack;
let port: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xtrack-token-'));
  xtrack = await XTrack.start({ directory: folder });
  await xtrack.startTcpServer({ port: 0 });
  ({ port } = await xtrack.startTcpServer({ port: 0, token: readFileSync(join(folder, 'ingest-token'), 'utf8') }));
});

afterEach(async () => {
  await xtrack.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a worker to its end; what it said. */
async function work(command: string, args: readonly string[], more: object = {}): Promise<string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('XTRACK_'));
  const told = { XTRACK_DATA: folder, XTRACK_TRANSPORT: 'tcp', XTRACK_PORT: String(port), XTRACK_FLUSH_TIMEOUT: '20', ...more };
  const env = { ...Object.fromEntries(kept), PYTHONPATH: PYTHON_PACKAGE, ...told };
  const { stderr } = await promisify(execFile)(command, [...args], { env, cwd: root });
  return stderr;
}

const python = (more?: object): Promise<string> => work(PYTHON, ['-c', IN_PYTHON], more);
const javaScript = (more?: object): Promise<string> => work(process.execPath, ['--input-type=module', '--eval', IN_JAVASCRIPT], more);

it.each([
  ['py', python],
  ['js', javaScript],
])('%s reads it in the data directory', async (runId, worker) => {
  expect(await worker()).toBe('');
  expect((await xtrack.getRun(runId)).status).toBe('completed');
});

it.each([
  ['py', python],
  ['js', javaScript],
])('%s sends what it was told to send rather than that', async (runId, worker) => {
  await worker({ XTRACK_TOKEN: 'another', XTRACK_FLUSH_TIMEOUT: '0.5' }).catch(() => undefined);
  expect((await xtrack.listRuns()).map((run) => run.runId)).not.toContain(runId);
});

it('a worker sends it to nobody but this machine', async () => {
  const { localToken } = await import('../src/emitter/delivery/local-token.js');
  writeFileSync(join(folder, 'ingest-token'), 'xti_here');
  const to = (host: string) => localToken({ endpoints: [{ kind: 'tcp', host, port, tls: false }], data: folder } as never);
  expect(['127.0.0.1', 'localhost', '::1', '127.8.0.1'].map(to)).toEqual(Array(4).fill('xti_here'));
  expect(['10.0.0.1', 'example.org', '127.example.org', '::ffff:10.0.0.1', '0.0.0.0'].map(to)).toEqual(Array(5).fill(undefined));
});
