import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from './events.js';
import * as own from './secret-table.js';
import { isSecret, MASK, maskedArgv, maskedText, maskedValue } from './secrets.js';

interface Table {
  readonly mask: string;
  readonly words: string;
  readonly names: {
    readonly always: string[];
    readonly harmless_last: string[];
    readonly last: string[];
    readonly plural: string[];
    readonly before_plural: string[];
    readonly ordinary_before: Record<string, string[]>;
    readonly alone: Record<string, string>;
  };
  readonly plain: string;
  readonly numeric: string;
  readonly assignment: string;
  readonly flag: string;
  readonly short: Record<string, string>;
  readonly shapes: { readonly id: string; readonly pattern: string }[];
  readonly cases: {
    readonly names: { readonly name: string; readonly value: JsonValue; readonly masked: boolean }[];
    readonly texts: { readonly text: string; readonly masked: string }[];
    readonly argv: { readonly argv: string[]; readonly masked: string[] }[];
    readonly values: { readonly value: JsonValue; readonly masked: JsonValue }[];
  };
}

const table = JSON.parse(readFileSync(new URL('../../conformance/secrets.json', import.meta.url), 'utf8')) as Table;
const quiet = (): void => {};

describe('the table of secrets', () => {
  it('is the one that all languages share', () => {
    const { names } = table;
    expect({
      mask: own.MASK,
      words: own.WORDS,
      plain: own.PLAIN,
      numeric: own.NUMERIC,
      assignment: own.ASSIGNMENT,
      flag: own.FLAG,
      shapes: own.SHAPES.map(([id, pattern]) => ({ id, pattern })),
    }).toEqual({
      mask: table.mask,
      words: table.words,
      plain: table.plain,
      numeric: table.numeric,
      assignment: table.assignment,
      flag: table.flag,
      shapes: table.shapes,
    });
    expect([own.ALWAYS, own.HARMLESS_LAST, own.LAST, own.PLURAL, own.BEFORE_PLURAL].map((set) => [...set])).toEqual([
      names.always,
      names.harmless_last,
      names.last,
      names.plural,
      names.before_plural,
    ]);
    expect(Object.fromEntries([...own.ORDINARY_BEFORE].map(([word, set]) => [word, [...set]]))).toEqual(names.ordinary_before);
    expect(Object.fromEntries(own.ALONE)).toEqual(names.alone);
    expect(Object.fromEntries(own.SHORT)).toEqual(table.short);
  });
});

describe('masking', () => {
  it.each(table.cases.names)('by name: $name', ({ name, value, masked }) => {
    const heard: string[] = [];
    maskedValue(value, name, (each) => heard.push(each));
    expect(heard.length > 0).toBe(masked);
    if (typeof value === 'string') expect(isSecret(name, value)).toBe(masked);
  });

  it.each(table.cases.texts)('in a text: $text', ({ text, masked }) => {
    expect(maskedText(text)).toBe(masked);
    expect(maskedText(masked)).toBe(masked);
  });

  it.each(table.cases.argv)('in a command line: $argv', ({ argv, masked }) => {
    expect(maskedArgv(argv)).toEqual(masked);
  });

  it.each(table.cases.values)('in data: $value', ({ value, masked }) => {
    expect(maskedValue(value, '', quiet)).toEqual(masked);
  });

  it('tells what was masked, and keeps keys such as __proto__ data', () => {
    const heard: string[] = [];
    const value = JSON.parse('{"__proto__":{"api_key":"abcdef-1234"},"n":[1,true,null]}') as JsonValue;
    expect(JSON.stringify(maskedValue(value, '', (name) => heard.push(name)))).toBe(
      `{"__proto__":{"api_key":"${MASK}"},"n":[1,true,null]}`,
    );
    expect(heard).toEqual(['api_key']);
  });

  it('is linear in hostile texts', () => {
    for (const part of ['token=', '--key ', 'sk-', 'a:b@://', 'eyJ', 'Bearer ', '-----BEGIN PRIVATE KEY-----']) {
      const start = performance.now();
      maskedText(part.repeat(65_536 / part.length));
      // Far above what it takes (ms), and far below what anything worse than linear would.
      expect(performance.now() - start, part).toBeLessThan(5000);
    }
  });
});
