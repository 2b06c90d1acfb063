import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pendingOutput } from './pending-output.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xt-pending-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function pendingOf(stdout: string, captured: number, more: object = {}): Promise<readonly string[]> {
  await writeFile(join(folder, 'stdout'), stdout);
  const paths = { stdoutPath: join(folder, 'stdout'), stderrPath: join(folder, 'stderr') };
  const process = { pid: 1, startTime: '', command: 'x', args: [], cwd: '/', ...paths, ...more };
  return (await pendingOutput(process, { stdout: captured, stderr: 0 }, folder)).stdout;
}

it('is what was printed behind the last line of the log', async () => {
  expect(await pendingOf('line\n\r 10%\r 20%', 5)).toEqual([' 20%']);
  expect(await pendingOf('line\n', 5)).toEqual([]);
  expect(await pendingOf('line\n', 9_999)).toEqual([]);
});

it('shows no line of a private key, also where the key began in a line of the log', async () => {
  const key = ['-----BEGIN RSA PRIVATE KEY-----', 'MIIEowIBAAKCAQEA', 'c2VjcmV0IGJ5dGVz'];
  const text = `before\n${key.join('\n')}`;
  for (const captured of [0, 7, 7 + 32, 7 + 32 + 17]) {
    const rows = (await pendingOf(text, captured)).join('\n');
    expect(rows).not.toContain('MIIEow');
    expect(rows).not.toContain('c2VjcmV0');
  }
  expect(await pendingOf(text, 7 + 32, { unmasked: true })).toEqual(['MIIEowIBAAKCAQEA', 'c2VjcmV0IGJ5dGVz']);
});

it('is nothing of a file elsewhere', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'xt-elsewhere-'));
  await writeFile(join(elsewhere, 'secret'), 'secret');
  for (const stdoutPath of [join(elsewhere, 'secret'), `${folder}/../${elsewhere.split('/').at(-1)}/secret`, `${folder}-not/x`]) {
    expect(await pendingOf('x', 0, { stdoutPath })).toEqual([]);
  }
  await rm(elsewhere, { recursive: true });
});
