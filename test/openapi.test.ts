// The HTTP API against its own document: Schemathesis makes requests from it, and no answer may be one that it does not name.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, XTrack } from '../src/index.js';

const SCHEMATHESIS = process.env.XTRACK_SCHEMATHESIS || 'schemathesis';
const found = spawnSync(SCHEMATHESIS, ['--version']).status === 0;
/** Requests made up for each operation, beside those at the edges of its schemas. */
const EXAMPLES = 10;
/** Never a server error, and no status, type or body that the document does not name. */
const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';

/** A run with something of everything, as JSON lines. */
function sampleLines(): string {
  const frames: [string, object][] = [
    ['run_start', { run_id: { id: 'r1', exp_id: 'e1' }, name: 'first', tags: { model: 'small' } }],
    ['param', { run_id: 'r1', key: 'lr', value: 0.1 }],
    ['metric', { run_id: 'r1', key: 'loss', value: 0.5, step: 1 }],
    ['metric', { run_id: 'r1', key: 'loss', value: 'NaN', step: 2 }],
    ['log', { run_id: 'r1', level: 'info', msg: 'hello' }],
    ['artifact', { run_id: 'r1', path: 'a.txt', type: 'text', upload: 'inline', content: Buffer.from('text').toString('base64') }],
    ['checkpoint', { run_id: 'r1', step: 2, path: '/nowhere/c.pt' }],
    ['run_end', { run_id: 'r1', status: 'completed' }],
  ];
  const now = Date.now() * 1000;
  return frames.map(([t, p], at) => JSON.stringify({ v: 1, t, m: { seq: at + 1, ts: now + at }, p })).join('\n');
}

describe.skipIf(!found)('the HTTP API, asked by Schemathesis', () => {
  let xtrack: XTrack;
  let server: HttpServer;
  let folder: string;
  let token: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xtrack-openapi-'));
    xtrack = await XTrack.start({ store: 'memory' });
    server = await xtrack.startHttpServer({ port: 0 });
    token = server.signInUrl.split('token=')[1] ?? '';
    const sent = await fetch(`${server.url}api/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: sampleLines(),
    });
    expect(await sent.json()).toMatchObject({ accepted: 8, refused: [] });
  });

  afterAll(async () => {
    await xtrack?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers nothing that its document does not say', async () => {
    const child = spawn(
      SCHEMATHESIS,
      [
        ...['run', `${server.url}api/openapi.json`, '--checks', CHECKS, '--phases', 'examples,coverage,fuzzing', '--max-examples'],
        ...[String(EXAMPLES), '--seed', '1', '--header', `Authorization: Bearer ${token}`, '--exclude-path-regex', '/events$'],
        ...['--suppress-health-check', 'all', '--continue-on-failure', '--no-color', '--request-timeout', '20'],
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    const [code] = await once(child, 'close');
    expect(code, output.slice(-8_000)).toBe(0);
  }, 400_000);
});
