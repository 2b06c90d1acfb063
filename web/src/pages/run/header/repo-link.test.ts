import { describe, expect, it } from 'vitest';
import { commitLink, repoLink } from './repo-link';

const SHA = '8d2f0c1b7a6e5d4c3b2a19081726354453627180';

describe('commitLink', () => {
  it.each([
    ['https://github.com/ada/engine.git', `https://github.com/ada/engine/commit/${SHA}`],
    ['https://github.com/ada/engine', `https://github.com/ada/engine/commit/${SHA}`],
    ['https://ada:secret@github.com/ada/engine.git', `https://github.com/ada/engine/commit/${SHA}`],
    ['git@github.com:ada/engine.git', `https://github.com/ada/engine/commit/${SHA}`],
    ['ssh://git@github.com:22/ada/engine.git', `https://github.com/ada/engine/commit/${SHA}`],
    ['git@gitlab.com:group/sub/engine.git', `https://gitlab.com/group/sub/engine/-/commit/${SHA}`],
    ['https://gitlab.example.org/group/engine', `https://gitlab.example.org/group/engine/-/commit/${SHA}`],
    ['https://bitbucket.org/ada/engine.git', `https://bitbucket.org/ada/engine/commits/${SHA}`],
    ['https://git.sr.ht/~ada/engine', `https://git.sr.ht/~ada/engine/commit/${SHA}`],
  ])('%s', (repo, link) => {
    expect(commitLink(repo, SHA)).toBe(link);
  });

  it.each([
    ['a host that nobody knows', 'https://example.org/ada/engine'],
    ['a script', 'javascript:alert(1)//github.com/a/b'],
    ['a file', 'file:///srv/git/engine.git'],
    ['a path', '/srv/git/engine.git'],
    ['a folder of this machine', '../engine'],
    ['a host alone', 'https://github.com/'],
    ['a way out', 'https://github.com/ada/..%2f..%2fevil'],
    ['a host in disguise', 'https://github.com.evil.org/ada/engine'],
    ['quotes', 'git@github.com:ada/en"gine'],
    ['nothing', ''],
  ])('gives none for %s', (_what, repo) => {
    expect(repoLink(repo)).toBeNull();
    expect(commitLink(repo, SHA)).toBeNull();
  });

  it('gives none for what is no commit', () => {
    expect(commitLink('https://github.com/ada/engine', 'main?x=1')).toBeNull();
  });
});
