// What may come next in a search that is being typed: names, operators, words, and the keys that there are.

import type { SearchKeys } from '../../storage/search/query.js';
import { FIELDS, FUNCTIONS, PREFIXES, STATUSES } from './names.js';
import { printValue } from './printer.js';
import { type Token, tokenize } from './tokens.js';

export interface Completion {
  readonly text: string;
  readonly kind: 'field' | 'function' | 'prefix' | 'key' | 'operator' | 'keyword' | 'value';
}

export interface Completions {
  /** What the chosen text replaces: from here … */
  readonly from: number;
  /** … to here, in UTF-16 units. */
  readonly to: number;
  readonly options: readonly Completion[];
}

/** Most options that are given. */
const MOST = 50;
const PARTIAL_KEY = /(params|tags|metrics)\.(?:"[^"]*|[^\s()"'`,=<>!+*]*)$/;
const PARTIAL_STATUS = /\bstatus\s*(?:=|!=|<>)\s*('[a-z]*)$/i;
const PARTIAL_WORD = /[\p{L}_][\p{L}\p{N}_]*$/u;
const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', 'in (', 'not in (', 'between', 'is null', 'is not null'];
const TEXT_OPERATORS = ['like', 'ilike', ...OPERATORS];
const LINKS = ['and', 'or', 'order by', 'limit'];
const KINDS = { params: 'param', tags: 'tag' } as const;

/** Completions at a place of the text; none where it cannot be read up to there. */
export function completeSearch(text: string, position: number, keys: SearchKeys): Completions {
  const before = text.slice(0, position);
  const status = PARTIAL_STATUS.exec(before)?.[1];
  if (status !== undefined)
    return offer(
      position,
      status,
      options(
        'value',
        STATUSES.map((one) => `'${one}'`),
      ),
    );
  const key = PARTIAL_KEY.exec(before);
  if (key !== null) return offer(position, key[0], options('key', keyTexts(key[1] as (typeof PREFIXES)[number], keys)));
  const word = PARTIAL_WORD.exec(before)?.[0] ?? '';
  return offer(position, word, next(before.slice(0, before.length - word.length)));
}

/** Options that begin as what is typed, then keys that hold it. */
function offer(position: number, typed: string, all: readonly Completion[]): Completions {
  const plain = (text: string): string => text.replace(/["'`]/g, '').toLowerCase();
  const afterDot = (text: string): string => plain(text).replace(/^\w+\./, '');
  const begins = all.filter(({ text }) => plain(text).startsWith(plain(typed)));
  const holds = all.filter((one) => one.kind === 'key' && !begins.includes(one) && afterDot(one.text).includes(afterDot(typed)));
  return { from: position - typed.length, to: position, options: [...begins, ...holds].slice(0, MOST) };
}

function keyTexts(prefix: (typeof PREFIXES)[number], keys: SearchKeys): string[] {
  return keys[prefix].map((key) =>
    printValue(prefix === 'metrics' ? { kind: 'metric', key, phase: '', stat: 'last' } : { kind: KINDS[prefix], key }),
  );
}

function next(before: string): Completion[] {
  const tokens = tokensOf(before);
  const last = tokens?.at(-1);
  if (tokens === undefined) return [];
  if (last === undefined) return [...names(), { text: 'order by', kind: 'keyword' }];
  const word = last.value.toLowerCase();
  if (last.kind === 'word' && ['order', 'nulls'].includes(word)) return options('keyword', [word === 'order' ? 'by' : 'last']);
  if (last.kind === 'word' && word === 'is') return options('operator', ['null', 'not null', 'nan', 'not nan']);
  if (awaitsValue(last)) return afterOperator(tokens);
  if (inOrder(tokens)) return options('keyword', ['asc', 'desc', 'limit']);
  if (isNumber(last)) return options('operator', OPERATORS);
  if (isName(last)) return options('operator', TEXT_OPERATORS);
  return options('keyword', LINKS);
}

function tokensOf(text: string): Token[] | undefined {
  try {
    return tokenize(text).slice(0, -1);
  } catch {
    return undefined;
  }
}

function awaitsValue({ kind, value }: Token): boolean {
  if (kind === 'symbol') return value !== ')';
  return kind === 'word' && ['and', 'or', 'not', 'by', 'in', 'between'].includes(value.toLowerCase());
}

function afterOperator(tokens: readonly Token[]): Completion[] {
  const [subject, operator] = tokens.slice(-2);
  if (subject?.value.toLowerCase() === 'status' && operator?.kind === 'symbol')
    return options(
      'value',
      STATUSES.map((one) => `'${one}'`),
    );
  return names();
}

function inOrder(tokens: readonly Token[]): boolean {
  return tokens.some(
    ({ kind, value }, at) => kind === 'word' && value.toLowerCase() === 'by' && tokens[at - 1]?.value.toLowerCase() === 'order',
  );
}

function isName({ kind, value }: Token): boolean {
  return kind === 'key' || (kind === 'word' && (FIELDS as readonly string[]).includes(value.toLowerCase()));
}

function isNumber({ kind, prefix, value }: Token): boolean {
  return (
    (kind === 'key' && prefix === 'metrics') ||
    (kind === 'word' && ['created', 'started', 'ended', 'duration'].includes(value.toLowerCase()))
  );
}

function names(): Completion[] {
  return [
    ...options('field', FIELDS),
    ...options(
      'prefix',
      PREFIXES.map((prefix) => `${prefix}.`),
    ),
    ...options(
      'function',
      FUNCTIONS.map((name) => `${name}(`),
    ),
    ...options('keyword', ['not']),
  ];
}

function options(kind: Completion['kind'], texts: readonly string[]): Completion[] {
  return texts.map((text) => ({ text, kind }));
}
