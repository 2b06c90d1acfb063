import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keysIn } from './keys.js';

describe('keys', () => {
  it('are told apart, several at once', () => {
    expect(keysIn('p\u001b[A\u001b[B\u001bOAq\r\u007f\u0003')).toEqual(['p', 'up', 'down', 'up', 'q', 'enter', 'backspace', 'interrupt']);
    expect(keysIn('\u001b')).toEqual(['escape']);
    expect(keysIn('ä語🚀')).toEqual(['ä', '語', '🚀']);
  });

  it('that mean nothing here are nothing', () => {
    expect(keysIn('\u001b[1;5C\u001b[200~\u001a\u0000\t')).toEqual([]);
  });

  it('never yield a control character, whatever a terminal sends', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (typed) => keysIn(typed).every((key) => !/\p{Cc}/u.test(key))));
  });
});
