// Where the code came from and what it runs on, read from files where possible: a run never waits for a slow repository.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { arch, hostname, release, type } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { Environment, Source } from '../protocol/events.js';

/** Milliseconds that `git status` may take; without an answer, whether the tree is dirty stays unknown. */
const GIT_WITHIN = 300;
/** Bytes of the entry file that are hashed at most. */
const ENTRY_BYTES = 4 * 1024 ** 2;
/** What may be said about the environment: never a variable that can hold a secret. */
const SHOWN_VARIABLES = [
  'NODE_ENV',
  'CUDA_VISIBLE_DEVICES',
  'WORLD_SIZE',
  'RANK',
  'LOCAL_RANK',
  'SLURM_JOB_ID',
  'SLURM_PROCID',
  'OMP_NUM_THREADS',
];

export function describeEnvironment(): Environment {
  const shown = SHOWN_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return {
    platform: `${type()} ${release()} ${arch()}`,
    hostname: hostname(),
    packages: { node: process.versions.node },
    ...(shown.length > 0 ? { envVars: Object.fromEntries(shown) as Record<string, string> } : {}),
  };
}

/** Entry file, its hash, and the git state around it. Never throws; what cannot be found is left out. */
export function describeSource(directory = process.cwd()): Source {
  const entry = process.argv[1];
  const root = findRepository(directory);
  const entrypoint = entry === undefined ? undefined : relative(root ?? directory, entry);
  const codeHash = entry === undefined ? undefined : hashOf(entry);
  return {
    ...(entrypoint ? { entrypoint } : {}),
    ...(codeHash === undefined ? {} : { codeHash }),
    ...(root === undefined ? {} : describeRepository(root)),
  };
}

function describeRepository(root: string): Source {
  const git = gitDirectory(root);
  const head = readText(join(git, 'HEAD'));
  const branch = /^ref: refs\/heads\/(.+)$/.exec(head ?? '')?.[1];
  const commit = branch === undefined ? head : findRef(commonDirectory(git), `refs/heads/${branch}`);
  const remote = /\[remote "origin"\][^[]*?\n\s*url\s*=\s*(\S+)/.exec(readText(join(commonDirectory(git), 'config')) ?? '')?.[1];
  const dirty = isDirty(root);
  return {
    ...(commit && /^[0-9a-f]{40,64}$/.test(commit) ? { gitCommit: commit } : {}),
    ...(branch === undefined ? {} : { gitBranch: branch }),
    ...(remote === undefined ? {} : { gitRepo: withoutCredentials(remote) }),
    ...(dirty === undefined ? {} : { gitDirty: dirty }),
  };
}

function findRepository(start: string): string | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (exists(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** In a worktree or submodule `.git` is a file that names the real folder. */
function gitDirectory(root: string): string {
  const pointer = /^gitdir: (.+)$/m.exec(readText(join(root, '.git')) ?? '')?.[1];
  return pointer === undefined ? join(root, '.git') : resolve(root, pointer);
}

function commonDirectory(git: string): string {
  const common = readText(join(git, 'commondir'));
  return common === undefined ? git : resolve(git, common);
}

function findRef(git: string, ref: string): string | undefined {
  const loose = readText(join(git, ref));
  if (loose !== undefined) return loose;
  const packed = readText(join(git, 'packed-refs')) ?? '';
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.split(' ')[0];
}

/** The file-system monitor is off: a repository's configuration must not run programs here. */
function isDirty(root: string): boolean | undefined {
  const options = ['-c', 'core.fsmonitor=false', 'status', '--porcelain', '--untracked-files=no'];
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
  const status = spawnSync('git', options, { cwd: root, env, encoding: 'utf8', timeout: GIT_WITHIN, stdio: ['ignore', 'pipe', 'ignore'] });
  return status.status === 0 ? status.stdout.trim() !== '' : undefined;
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}

function hashOf(path: string): string | undefined {
  try {
    return statSync(path).size <= ENTRY_BYTES ? `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}` : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
