// Strings that a worker or a caller sends are never a way to a file: a secret beside the served folder is in no answer.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api, type EventBody, type Reply } from '../../../../test/support/api.js';

const CANARY = 'canary-7f3a-must-never-be-seen';

let base: string;
let root: string;
let secret: string;
let api: Api;

beforeEach(async () => {
  process.env.XTRACK_TEST_CANARY = CANARY;
  base = await mkdtemp(join(tmpdir(), 'xtrack-attack-'));
  root = join(base, 'served');
  secret = join(base, 'secret.txt');
  await mkdir(join(root, 'sub'), { recursive: true });
  await mkdir(join(base, 'served-not'));
  await writeFile(secret, CANARY);
  await writeFile(join(base, 'served-not', 'secret.txt'), CANARY);
  await writeFile(join(root, 'fine.txt'), 'fine');
  await symlink(secret, join(root, 'link.txt'));
  await symlink(base, join(root, 'linked'));
  await symlink('/proc/self/environ', join(root, 'environ'));
  api = await Api.open({ store: 'sqlite', artifactRoots: [root] });
});

afterEach(async () => {
  delete process.env.XTRACK_TEST_CANARY;
  await api.close();
  await rm(base, { recursive: true, force: true });
});

const hashOf = (runId: string): string => createHash('sha256').update(runId).digest('hex').slice(0, 16);

const reference = (path: string, name?: string): EventBody => ({
  type: 'artifact',
  path,
  kind: 'model',
  upload: 'reference',
  ...(name !== undefined && { name }),
});

/** Ways to `secret.txt` that fixes by pattern have missed in other trackers. */
function payloads(): string[] {
  const up = [
    '../secret.txt',
    '..\\secret.txt',
    '%2e%2e/secret.txt',
    '%2e%2e%2fsecret.txt',
    '%252e%252e%252fsecret.txt',
    '..%2fsecret.txt',
    '..%5csecret.txt',
  ];
  const odd = [
    '....//secret.txt',
    '..;/secret.txt',
    '..\u2215secret.txt',
    '\uff0e\uff0e/secret.txt',
    '\u2024\u2024/secret.txt',
    '..%c0%afsecret.txt',
    '..%00/secret.txt',
  ];
  const tails = [
    '../secret.txt?x',
    '../secret.txt#x',
    '../secret.txt;x',
    '../secret.txt%00.png',
    '../secret.txt/',
    '../secret.txt/.',
    '../secret.txt//',
    './../secret.txt',
  ];
  const inside = [...up, ...odd, ...tails].flatMap((tail) => [`${root}/${tail}`, `${root}/sub/../${tail}`]);
  const links = ['link.txt', 'linked/secret.txt', 'linked/served/../secret.txt', 'environ', 'linked/served/link.txt'].map(
    (tail) => `${root}/${tail}`,
  );
  const plain = [
    secret,
    `/${secret}`,
    `//${secret}`,
    `${base}/served-not/secret.txt`,
    `${root}-not/secret.txt`,
    `file://${secret}`,
    `file:${secret}`,
    `FILE://localhost${secret}`,
  ];
  const machine = [
    '/proc/self/environ',
    '/proc/self/cmdline',
    '/proc/thread-self/environ',
    `/proc/${process.pid}/environ`,
    '/dev/fd/0',
    '/proc/self/root/etc/passwd',
    `/proc/self/root${secret}`,
    `/proc/self/cwd/../../..${secret}`,
  ];
  const other = [
    `http://127.0.0.1:1/${secret}`,
    `s3://bucket${secret}`,
    `~/../..${secret}`,
    '$XTRACK_TEST_CANARY',
    '`cat secret.txt`',
    `|cat ${secret}`,
    'CON',
    `\\\\?\\${secret}`,
    `${'/a'.repeat(2_000)}`,
    '.',
    '/',
    root,
    `${root}/`,
  ];
  return [...inside, ...links, ...plain, ...machine, ...other];
}

function expectSafe(reply: Reply, payload: string): void {
  expect(reply.status, payload).toBeLessThan(500);
  // What was asked for may come back; what lies there may not.
  expect(reply.bytes.includes(CANARY), payload).toBe(false);
}

describe('a file that a worker names', () => {
  it('is served from the folder of the operator, and from nowhere else', async () => {
    const paths = payloads();
    expect(new Set(paths).size).toBeGreaterThanOrEqual(60);
    await api.feed('r', [reference(join(root, 'fine.txt')), ...paths.map((path) => reference(path))]);
    const list = await api.get('/runs/r/artifacts');
    expectSafe(list, 'the list');
    expect(list.json).toHaveLength(paths.length + 1);
    for (const [at, { id, path, available }] of list.json.entries()) {
      const content = await api.get(`/runs/r/artifacts/${id}/content`);
      const preview = await api.get(`/runs/r/artifacts/${id}/preview`);
      expectSafe(content, path);
      expectSafe(preview, path);
      expect([content.status, preview.json.kind], path).toEqual(at === 0 ? [200, 'text'] : [404, 'none']);
      expect(available, path).toBe(at === 0);
    }
  });

  it('is not the data directory, its keys least of all, even where the folder lies around it', async () => {
    const wide = await Api.open({ store: 'sqlite', artifactRoots: ['/', tmpdir()] });
    try {
      const own = wide.xtrack.directory as string;
      await mkdir(join(own, 'media', hashOf('r')), { recursive: true });
      await mkdir(join(own, 'media', hashOf('other')));
      await writeFile(join(own, 'media', hashOf('r'), 'a.txt'), 'seen');
      await writeFile(join(own, 'media', hashOf('other'), 'a.txt'), CANARY);
      await writeFile(join(own, 'token.txt'), CANARY);
      const paths = [
        join(own, 'token.txt'),
        join(own, 'xtrack.db'),
        join(own, 'media', '..', 'token.txt'),
        join(own, 'media', hashOf('other'), 'a.txt'),
        '/proc/self/environ',
        '/sys/kernel/notes',
        '/dev/zero',
      ];
      await wide.feed('r', [
        ...paths.map((path) => reference(path)),
        reference(join(own, 'media', hashOf('r'), 'a.txt')),
        reference(secret),
      ]);
      const statuses: number[] = [];
      for (const { id } of (await wide.get('/runs/r/artifacts')).json)
        statuses.push((await wide.get(`/runs/r/artifacts/${id}/content`)).status);
      // The last two are files that this operator did say may be served.
      expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 404, 200, 200]);
    } finally {
      await wide.close();
    }
  });

  it('is, of the data directory, in the folders of its own run, without a word of the operator (SEC-1)', async () => {
    const bare = await Api.open({ store: 'sqlite' });
    try {
      const own = bare.xtrack.directory as string;
      const files: string[] = [];
      for (const folder of [
        join('media', hashOf('r')),
        join('outputs', 'r'),
        join('media', hashOf('other')),
        join('outputs', 'other'),
        'outputs',
      ]) {
        await mkdir(join(own, folder), { recursive: true });
        files.push(join(own, folder, 'a.txt'));
        await writeFile(join(own, folder, 'a.txt'), 'seen');
      }
      await symlink(secret, join(own, 'outputs', 'r', 'link.txt'));
      await symlink(base, join(own, 'outputs', 'r', 'linked'));
      const links = ['link.txt', 'linked/secret.txt', 'gone.txt'].map((name) => join(own, 'outputs', 'r', name));
      await bare.feed(
        'r',
        [...files, ...links, secret].flatMap((path) => [reference(path), { type: 'checkpoint', step: 1, path }]),
      );
      const statuses: number[] = [];
      for (const { id } of (await bare.get('/runs/r/artifacts')).json) {
        const reply = await bare.get(`/runs/r/artifacts/${id}/content`);
        expectSafe(reply, id);
        statuses.push(reply.status);
      }
      expect(statuses).toEqual([200, 200, 404, 404, 404, 404, 404, 404, 404]);
      const exists = (await bare.get('/runs/r/checkpoints')).json.map((checkpoint: { exists: unknown }) => checkpoint.exists);
      expect(exists).toEqual([true, true, null, null, null, null, null, false, null]);
    } finally {
      await bare.close();
    }
  });

  it('is no other file for a link that is put in its place while it is asked for', async () => {
    const file = join(root, 'sub', 'race.txt');
    const folder = join(root, 'turn');
    await mkdir(folder);
    await writeFile(join(folder, 'secret.txt'), 'harmless');
    await writeFile(file, 'harmless');
    await api.feed('r', [reference(file), reference(join(folder, 'secret.txt'))]);
    const ids = (await api.get('/runs/r/artifacts')).json.map(({ id }: { id: string }) => id);
    let swapping = true;
    const swap = async (): Promise<void> => {
      await symlink(secret, join(base, 'to-secret'));
      await symlink(base, join(base, 'to-base'));
      while (swapping) {
        await rename(join(base, 'to-secret'), file);
        await rename(folder, join(base, 'aside'));
        await rename(join(base, 'to-base'), folder);
        await rename(folder, join(base, 'to-base'));
        await rename(join(base, 'aside'), folder);
        await rename(file, join(base, 'to-secret'));
        await writeFile(file, 'harmless');
      }
    };
    const swapped = swap();
    const seen = new Set<number>();
    for (let round = 0; round < 150; round++) {
      for (const reply of await Promise.all(ids.map((id: string) => api.get(`/runs/r/artifacts/${id}/content`)))) {
        expectSafe(reply, 'a swapped link');
        seen.add(reply.status);
      }
    }
    swapping = false;
    await swapped;
    expect([...seen].sort()).toEqual([200, 404]);
  });

  it('is no pipe that holds the server up, and no folder', async () => {
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await api.feed('r', [reference(join(root, 'pipe')), reference(join(root, 'sub')), reference(join(root, 'fine.txt'))]);
    const statuses: number[] = [];
    for (const { id } of (await api.get('/runs/r/artifacts')).json)
      statuses.push((await api.get(`/runs/r/artifacts/${id}/content`)).status);
    expect(statuses).toEqual([404, 404, 200]);
  });
});

describe('a string of the caller', () => {
  it('is never a path, whichever part of an address it stands in', async () => {
    await api.feed('r', [reference(join(root, 'fine.txt'), '../secret.txt')]);
    for (const payload of payloads()) {
      const forms = [encodeURIComponent(payload), encodeURIComponent(encodeURIComponent(payload))].filter((form) => form.length < 3_000);
      for (const part of forms) {
        const addresses = [
          `/runs/${part}`,
          `/runs/${part}/artifacts`,
          `/runs/r/artifacts/${part}/content`,
          `/runs/r/artifacts/${part}/preview`,
        ];
        for (const address of [
          ...addresses,
          `/runs/r/artifacts/0-0000000000000000/content?inline=${part}`,
          `/runs/r/export?format=csv&what=${part}`,
        ]) {
          const reply = await api.get(address);
          expectSafe(reply, address);
          expect(reply.status, address).toBeGreaterThanOrEqual(400);
        }
      }
    }
  });

  it('in the other fields of an artifact leads nowhere either', async () => {
    const fields = payloads().map(
      (payload, at): EventBody => ({
        type: 'artifact',
        path: `label-${at}`,
        kind: payload.slice(0, 16),
        name: payload.slice(0, 160),
        checksum: payload.slice(0, 160),
        upload: at % 2 === 0 ? 'inline' : 'stream',
        content: payload,
        metadata: { mime: payload, path: payload, media: payload },
      }),
    );
    await api.feed('r', fields);
    for (const { id } of (await api.get('/runs/r/artifacts')).json) {
      const content = await api.get(`/runs/r/artifacts/${id}/content`);
      expectSafe(content, id);
      expectSafe(await api.get(`/runs/r/artifacts/${id}/preview`), id);
      expect(String(content.headers['content-disposition'] ?? '')).not.toMatch(/[\r\n]|filename="[^"]*[/\\]/);
    }
  });
});
