// No secret leaves a process, and none is recorded of the command that started it.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { XTrack } from '../index.js';
import { MASK } from '../protocol/secrets.js';
import { resumption } from '../server/http/spawn.js';
import { type RunOptions, startRun } from './index.js';
import { readEventFile } from './testing/peer.js';

const SECRET = 'hunter2-x9-plainly-secret';
const TOKEN = 'hf_Zq7Zq7Zq7Zq7Zq7Zq7Zq7Zq7';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xtrack-masking-'));
  vi.stubEnv('XTRACK_DATA', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** What a run with a secret in every field that can hold one leaves in its file. */
async function recorded(options: RunOptions): Promise<string> {
  const path = join(folder, 'log.xtf');
  const run = startRun({
    ...options,
    transport: { kind: 'file', path },
    name: `with ${TOKEN}`,
    tags: { password: SECRET, note: `token=${SECRET}` },
    params: { optimizer: { lr: 0.1, api_key: SECRET } },
    source: { gitRepo: `https://ann:${SECRET}@example.org/x.git`, entrypoint: `train.py --api-key ${SECRET}` },
    environment: { hostname: 'h', envVars: { DB_PASSWORD: SECRET, RANK: '1' } },
  });
  run.logParam('credentials', { user: 'ann', pin: SECRET, tries: 3 });
  run.setTags({ client_secret: SECRET });
  run.log(`Authorization: Bearer ${SECRET}0000`, { fields: { auth_token: SECRET } });
  run.setStatus('training', { message: `--password ${SECRET}` });
  run.logArtifact(join(folder, 'model.onnx'), { metadata: { secret: SECRET } });
  run.logCheckpoint({ step: 1, path: `s3://key:${SECRET}@bucket/x`, metadata: { url: `https://x/?sig=${SECRET}` } });
  run.logMetrics({ password: 1 });
  await run.end('failed', { error: new Error(`cannot use ${TOKEN}`) });
  const { problems } = readEventFile(path);
  expect(problems).toEqual([]);
  return readFileSync(path, 'utf8');
}

describe('secrets', () => {
  it('are masked in every field of every event, and nothing else is', async () => {
    const text = await recorded({});
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(TOKEN);
    expect(text).toContain(`hf_${MASK}`);
    expect(text).toContain(`"password":"${MASK}"`);
    expect(text).toContain(`https://${MASK}@example.org/x.git`);
    for (const kept of ['"optimizer","value":0.1,"nested_key":["lr"]', '"RANK":"1"', '"tries":3', '"metrics":{"password":1}'])
      expect(text).toContain(kept);
  });

  it.each([
    ['the option', { mask: false }, ''],
    ['the variable', {}, 'off'],
  ])('are recorded as they are where %s says so', async (_what, options, variable) => {
    vi.stubEnv('XTRACK_MASK', variable);
    const text = await recorded(options);
    expect(text).toContain(SECRET);
    expect(text).not.toContain(MASK);
  });

  it('in the command of a run reach the process, and nowhere else; who started it can begin it again', async () => {
    const xtrack = await XTrack.start({ directory: folder });
    const script = 'require("fs").writeFileSync(process.argv[1], process.argv.slice(2).join(" ") + process.env.SERVICE_PASSWORD)';
    const out = join(folder, 'out');
    const args = ['-e', script, out, '--api-key', SECRET, `--token=${SECRET}`, '--lr', '0.1'];
    const { runId } = await xtrack.startRun({ command: process.execPath, args, env: { SERVICE_PASSWORD: SECRET } });
    const run = await xtrack.waitForRun(runId);
    expect(readFileSync(out, 'utf8')).toBe(`--api-key ${SECRET} --token=${SECRET} --lr 0.1${SECRET}`);
    expect(run.process?.args.slice(3)).toEqual(['--api-key', MASK, `--token=${MASK}`, '--lr', '0.1']);
    const checkpoint = { path: "c'$(id)", step: 1 } as Parameters<typeof resumption>[2];
    const again = await xtrack.startRun({ ...(await resumption(xtrack, run, checkpoint)), env: { SERVICE_PASSWORD: SECRET } });
    expect(again.process?.args.slice(3)).toEqual(run.process?.args.slice(3));
    await xtrack.waitForRun(again.runId);
    expect(readFileSync(out, 'utf8')).toBe(`--api-key ${SECRET} --token=${SECRET} --lr 0.1${SECRET}`);
    await xtrack.close();
    rmSync(out);
    const later = await XTrack.start({ directory: folder });
    const refused = resumption(later, run, checkpoint);
    await expect(refused).rejects.toMatchObject({ code: 'XT_SPAWN' });
    // What to do stands there, safe to copy whatever a worker called its checkpoint.
    await expect(refused).rejects.toThrow(`XTRACK_RESUME_CHECKPOINT='c'\\''$(id)' -- COMMAND`);
    await later.close();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const entry of files) expect(readFileSync(join(entry.parentPath, entry.name)).includes(SECRET), entry.name).toBe(false);
  });

  it('in the command are recorded where its environment says so', async () => {
    const xtrack = await XTrack.start({ directory: folder });
    const args = ['-e', '0', '--api-key', SECRET];
    const { runId } = await xtrack.startRun({ command: process.execPath, args, env: { XTRACK_MASK: 'off' } });
    expect((await xtrack.waitForRun(runId)).process?.args).toEqual(args);
    await xtrack.close();
  });
});
