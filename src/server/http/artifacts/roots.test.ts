// Nothing that a worker named is opened, or even looked for, before it is known to lie where it may (SEC-1).

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ArtifactRoots } from './roots.js';

const touched = vi.hoisted((): string[] => []);

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const watched = (name: 'open' | 'realpath' | 'lstat' | 'stat') => (path: string, rest: never) => {
    if (!path.startsWith('/proc/self/fd/')) touched.push(`${name} ${path}`);
    return (real[name] as (path: string, rest: never) => unknown)(path, rest);
  };
  return { ...real, open: watched('open'), realpath: watched('realpath'), lstat: watched('lstat'), stat: watched('stat') };
});

let base: string;
let root: string;
let roots: ArtifactRoots;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'xtrack-roots-')));
  root = join(base, 'served');
  await mkdir(root);
  await writeFile(join(base, 'secret.txt'), 'secret');
  await writeFile(join(root, 'fine.txt'), 'fine');
  await symlink(join(root, 'fine.txt'), join(root, 'inner.txt'));
  await symlink(base, join(root, 'linked'));
  roots = new ArtifactRoots([root], null, 'r');
  touched.length = 0;
});

afterEach(async () => await rm(base, { recursive: true, force: true }));

it('a file below a root is opened', async () => {
  const file = await roots.open(join(root, 'fine.txt'));
  expect(file?.size).toBe(4);
  await file?.handle.close();
});

it('a link is not followed, even to a file that may be served', async () => {
  expect(await roots.open(join(root, 'inner.txt'))).toBeUndefined();
});

it('what lies elsewhere by way of a folder is not opened', async () => {
  const path = join(root, 'linked', 'secret.txt');
  expect([await roots.open(path), await roots.look(path)]).toEqual([undefined, undefined]);
  expect(touched.filter((call) => call.startsWith('open'))).toEqual([]);
});

it.each([
  ['beside the root', () => join(base, 'secret.txt')],
  ['with a way up', () => `${root}/../secret.txt`],
  ['with a way up and down', () => `${root}/x/../fine.txt`],
  ['of another shape', () => `${root}//fine.txt`],
  ['relative', () => 'served/fine.txt'],
  ['with a NUL', () => `${root}/fine.txt\0.png`],
  ['as an address', () => `file://${root}/fine.txt`],
  ['of endless length', () => `${root}${'/a'.repeat(3_000)}`],
  ['of a device', () => '/dev/stdin'],
])('a path %s is not even looked for', async (_what, path) => {
  expect([await roots.open(path()), await roots.look(path())]).toEqual([undefined, undefined]);
  expect(touched).toEqual([]);
});

it.skipIf(!existsSync('/dev/shm'))('files on the disk in memory are served from a root within it, by none around it', async () => {
  const place = await realpath(await mkdtemp('/dev/shm/xtrack-roots-'));
  try {
    const path = join(place, 'fine.txt');
    await writeFile(path, 'fine');
    const opened = await new ArtifactRoots([place], null, 'r').open(path);
    expect(opened?.size).toBe(4);
    await opened?.handle.close();
    for (const around of ['/', '/dev', '/dev/shm']) {
      expect(await new ArtifactRoots([around], null, 'r').open(path)).toBeUndefined();
      expect(await new ArtifactRoots([around], null, 'r').open('/dev/null')).toBeUndefined();
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
