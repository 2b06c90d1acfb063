import { describe, expect, it } from 'vitest';
import { type KeyPress, matchKeys } from './key-match';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({ key, mod: false, shift: false, alt: false, ...held });

describe('a shortcut', () => {
  it('is its key with exactly what is to be held', () => {
    expect(matchKeys('x', press('x'), null)).toBe(true);
    expect(matchKeys('x', press('X', { shift: true }), null)).toBe(false);
    expect(matchKeys('shift+x', press('X', { shift: true }), null)).toBe(true);
    expect(matchKeys('mod+k', press('k', { mod: true }), null)).toBe(true);
    expect(matchKeys('k', press('k', { mod: true }), null)).toBe(false);
    expect(matchKeys('x', press('x', { alt: true }), null)).toBe(false);
  });

  it('does not ask how a sign is made on the keyboard', () => {
    expect(matchKeys('?', press('?', { shift: true }), null)).toBe(true);
    expect(matchKeys('?', press('?'), null)).toBe(true);
  });

  it('may be two keys after one another', () => {
    expect(matchKeys('g r', press('r'), 'g')).toBe(true);
    expect(matchKeys('g r', press('r'), null)).toBe(false);
    expect(matchKeys('g r', press('r'), 'x')).toBe(false);
  });

  it('knows the keys without a letter', () => {
    expect(matchKeys('down', press('ArrowDown'), null)).toBe(true);
    expect(matchKeys('escape', press('Escape'), null)).toBe(true);
    expect(matchKeys('space', press(' '), null)).toBe(true);
  });
});
