import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEnvironment, describeSource } from './provenance.js';

const hasGit = ((): boolean => {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasGit)('the source of a run in a git repository', () => {
  let folder: string;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'xtrack-git-'));
    git('init', '-b', 'trunk');
    git('remote', 'add', 'origin', 'https://someone:secret@git.invalid/team/model.git');
    writeFileSync(join(folder, 'a.txt'), '1');
    git('add', '.');
    git('commit', '-m', 'first');
    mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('names commit, branch and remote, without the remote’s password', () => {
    const found = describeSource(join(folder, 'deep', 'er'));
    expect(found).toMatchObject({
      gitCommit: git('rev-parse', 'HEAD'),
      gitBranch: 'trunk',
      gitRepo: 'https://git.invalid/team/model.git',
      gitDirty: false,
    });
  });

  it('finds a packed branch, a worktree and a detached head', () => {
    git('pack-refs', '--all');
    expect(describeSource(folder).gitCommit).toBe(git('rev-parse', 'HEAD'));
    git('worktree', 'add', '-b', 'side', join(folder, 'tree'));
    expect(describeSource(join(folder, 'tree'))).toMatchObject({ gitBranch: 'side', gitCommit: git('rev-parse', 'HEAD') });
    git('checkout', '--detach');
    expect(describeSource(folder)).toMatchObject({ gitCommit: git('rev-parse', 'HEAD') });
    expect(describeSource(folder).gitBranch).toBeUndefined();
  });

  it('says that a changed tree is dirty', () => {
    writeFileSync(join(folder, 'a.txt'), '2');
    expect(describeSource(folder).gitDirty).toBe(true);
  });
});

describe('the environment of a run', () => {
  it('is described without any variable that could hold a secret', () => {
    process.env.XTRACK_TEST_SECRET = 'hunter2';
    const text = JSON.stringify([describeEnvironment(), describeSource(tmpdir())]);
    delete process.env.XTRACK_TEST_SECRET;
    expect(text).not.toContain('hunter2');
    expect(describeEnvironment()).toMatchObject({ packages: { node: process.versions.node }, hostname: expect.any(String) });
  });
});
