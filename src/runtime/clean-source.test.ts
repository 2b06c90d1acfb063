import { expect, it } from 'vitest';
import { cleanSource } from './clean-source.js';

it('SEC-14: takes what may be a secret out of a remote, and nothing else', () => {
  const cleaned = (gitRepo: string) => cleanSource({ gitRepo }).gitRepo;
  expect(cleaned('https://ada:ghp_secret@example.org/lab/net.git?token=t#x')).toBe('https://example.org/lab/net.git');
  expect(cleaned('https://ghp_secret@example.org/net.git')).toBe('https://example.org/net.git');
  expect(cleaned('ssh://git:pass@word@example.org:22/net.git')).toBe('ssh://example.org:22/net.git');
  expect(cleaned('git@example.org:lab/net.git')).toBe('git@example.org:lab/net.git');
  expect(cleaned('/srv/git/net.git')).toBe('/srv/git/net.git');
  expect(cleaned('https://example.org/a/@scope/b')).toBe('https://example.org/a/@scope/b');
  expect(cleanSource({ gitCommit: 'abc' })).toEqual({ gitCommit: 'abc' });
});
