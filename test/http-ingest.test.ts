// What a Python worker kept while nothing else got out, posted over HTTP: the file that it wrote, byte for byte.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../src/server/http/access/keys.js';
import { type HttpServer, startHttpServer } from '../src/server/http/app.js';
import { XTrack } from '../src/xtrack.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const WORKER = `
from xtrack import Tracker
with Tracker().start_run(run_id="spooled", experiment="digits") as run:
    run.log_params({"lr": 0.1})
    for i in range(1000):
        run.log_metric("loss", 1 / (i + 1), step=i)
`;

let directory: string;
let spool: string;
let xtrack: XTrack;
let server: HttpServer;
const keys = KeyRing.open(null);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-http-'));
  const env = { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: join(directory, 'elsewhere') };
  expect(spawnSync(PYTHON, ['-c', WORKER], { env }).status).toBe(0);
  const folder = join(directory, 'elsewhere', 'spool');
  spool = join(folder, readdirSync(folder).find((name) => name.endsWith('.xtrack')) as string);
  xtrack = await XTrack.start({ directory: join(directory, 'data') });
  server = await startHttpServer(xtrack, { port: 0, keys });
});

afterAll(async () => {
  await server.close();
  await xtrack.close();
  rmSync(directory, { recursive: true, force: true });
});

const key = keys.create({ name: 'cluster', scope: 'write', experiment: 'digits' }).key;

describe('a spool file over HTTP', () => {
  it('makes the run that it is of', async () => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' };
    const response = await fetch(`${server.url}api/v1/events`, { method: 'POST', headers, body: readFileSync(spool) });
    const report = (await response.json()) as { accepted: number; acks: { seq: number }[] };
    expect(report).toMatchObject({ duplicates: 0, refused: [], acks: [{ runId: 'spooled' }] });
    expect(report.acks[0]?.seq).toBe(report.accepted);
    expect((await xtrack.getMetrics('spooled', 'loss'))[0]?.total).toBe(1_000);
    expect(await xtrack.getRun('spooled')).toMatchObject({ status: 'completed', experimentId: 'digits' });
    expect(await xtrack.getGaps('spooled')).toEqual([]);
  });

  it('may be sent again, by curl', async () => {
    const args = [
      '-sS',
      '-H',
      `authorization: Bearer ${key}`,
      '-H',
      'content-type: application/octet-stream',
      '--data-binary',
      `@${spool}`,
    ];
    const { stdout } = await promisify(execFile)('curl', [...args, `${server.url}api/v1/events`]);
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 0, refused: [] });
  });
});
