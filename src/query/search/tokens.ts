// The search text as tokens. Each knows where it stands, so that an error can point at it.

import { SearchError } from './names.js';

export type TokenKind = 'word' | 'number' | 'duration' | 'text' | 'key' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; for `text` and `key` without its quotes. */
  readonly value: string;
  /** Where it begins and ends, in UTF-16 units from 0. */
  readonly at: number;
  readonly to: number;
  /** Of a `key`: what stood before the dot. */
  readonly prefix: string;
  /** Of a `key`: the phase after `@`; else ''. */
  readonly phase: string;
}

/** Longest search text, in UTF-16 units. */
const MAX_LENGTH = 10_000;

const SPACE = /\s+/y;
/** The beginning of a run id (a UUID): digits, letters and dashes that are no arithmetic. */
const RUN_ID = /[0-9a-f]{8}-[0-9a-f]{4}(?:-[0-9a-f-]*)?(?![\w.])/iy;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y;
const DURATION = /\d+(?:\.\d+)?(?:s|min|m|h|d|w)(?!\w)/y;
/** `now-7d` is arithmetic. */
const NOW = /now(?=[-+])/iy;
/** Letters of any script, so that a name needs no quotes; a `-`, `/` or `:` within belongs to the word. */
const WORD = /[\p{L}\p{N}_](?:[\p{L}\p{N}_.]|[-/:](?=[\p{L}\p{N}_])(?!(?:params|metrics|tags)\.))*/uy;
const PREFIX = /(params|metrics|tags)\./y;
/** Within a key, where arithmetic is likelier, these need a letter after them: `train/loss`, but `loss/2`. */
const KEY =
  /[\p{L}\p{N}_](?:[\p{L}\p{N}_.]|[-/:](?=[\p{L}_])(?!(?:params|metrics|tags)\.)|@(?!(?:train|val|test)(?![\p{L}\p{N}_.]))(?=[\p{L}\p{N}_]))*/uy;
const PHASE = /@(train|val|test)(?![\p{L}\p{N}_.])/uy;
const SYMBOL = /<=|>=|<>|!=|==|[=<>()+\-*/,]/y;
const QUOTED: Readonly<Record<string, RegExp>> = { "'": /'((?:[^']|'')*)'/y, '"': /"((?:[^"]|"")*)"/y, '`': /`((?:[^`]|``)*)`/y };

/** All tokens, `end` last. Throws XT_SEARCH. */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH)
    throw new SearchError(`the search is longer than ${MAX_LENGTH} characters`, {
      at: MAX_LENGTH,
      token: text.slice(MAX_LENGTH, MAX_LENGTH + 20),
    });
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const space = matchAt(SPACE, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = keyAt(text, at) ?? quotedAt(text, at) ?? plainAt(text, at);
    tokens.push(token);
    at = token.to;
  }
  return [...tokens, make('end', '', text.length, text.length)];
}

/** `params.lr`, `metrics."a b"`, `metrics.loss@val`. */
function keyAt(text: string, at: number): Token | undefined {
  const prefix = matchAt(PREFIX, text, at);
  if (prefix === undefined) return undefined;
  const start = at + prefix.length;
  const quoted = quotedAt(text, start);
  const bare = quoted === undefined ? matchAt(KEY, text, start) : undefined;
  if (quoted === undefined && bare === undefined)
    throw new SearchError(`expected a key after ${prefix}, such as ${prefix}name or ${prefix}"a name"`, {
      at: start,
      token: text.slice(start, start + 1),
    });
  const end = quoted?.to ?? start + (bare as string).length;
  const phase = prefix === 'metrics.' ? matchAt(PHASE, text, end) : undefined;
  const token = make('key', quoted?.value ?? (bare as string), at, end + (phase?.length ?? 0));
  return { ...token, prefix: prefix.slice(0, -1), phase: phase?.slice(1) ?? '' };
}

function quotedAt(text: string, at: number): Token | undefined {
  const quote = text[at] as string;
  const pattern = QUOTED[quote];
  if (pattern === undefined) return undefined;
  const match = matchAt(pattern, text, at);
  if (match === undefined) throw new SearchError(`the ${quote} is never closed`, { at, token: quote });
  return make('text', match.slice(1, -1).replaceAll(quote + quote, quote), at, at + match.length);
}

function plainAt(text: string, at: number): Token {
  const kinds: readonly (readonly [TokenKind, RegExp])[] = [
    ['word', RUN_ID],
    ['duration', DURATION],
    ['number', NUMBER],
    ['word', NOW],
    ['word', WORD],
    ['symbol', SYMBOL],
  ];
  for (const [kind, pattern] of kinds) {
    const match = matchAt(pattern, text, at);
    if (match !== undefined) return make(kind, match, at, at + match.length);
  }
  const token = String.fromCodePoint(text.codePointAt(at) as number);
  throw new SearchError(`${JSON.stringify(token)} means nothing here; text stands in quotes`, { at, token });
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function make(kind: TokenKind, value: string, at: number, to: number): Token {
  return { kind, value, at, to, prefix: '', phase: '' };
}
