import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellLine } from './shell-words';

describe('shellLine', () => {
  it('leaves plain words as they are', () => {
    expect(shellLine(['python3', 'train.py', '--lr=0.1'])).toBe('python3 train.py --lr=0.1');
  });

  it('is read back by a shell as the same words', () => {
    const words = ['a b', "it's", '"', '$HOME', '`id`', '', '*', '\\', 'ü', '!', ';rm', 'new\nline', '~'];
    const out = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${shellLine(words)}`]).toString();
    expect(out.split('\0').slice(0, -1)).toEqual(words);
  });
});
