// A search as it is being typed: whether it can be read, where it cannot, and its pieces by kind for colouring.

import { unknownKeys } from '../../../../../src/query/search/known-keys.js';
import { FIELDS, FUNCTIONS, KEYWORDS, SearchError } from '../../../../../src/query/search/names.js';
import { parseSearch } from '../../../../../src/query/search/parser.js';
import { type Token, tokenize } from '../../../../../src/query/search/tokens.js';
import type { SearchKeys } from '../../../api/types';

export interface SearchFault {
  /** From 0, in UTF-16 units; at the end of the text where something is missing. */
  readonly from: number;
  readonly to: number;
  readonly message: string;
  /** What stands from `from` to `to` was probably meant to be this. */
  readonly suggestion: string | undefined;
}

export type PieceKind = 'field' | 'key' | 'function' | 'keyword' | 'text' | 'number' | 'symbol' | 'plain' | 'space';

export interface Piece {
  readonly kind: PieceKind;
  readonly text: string;
  readonly at: number;
  readonly fault: boolean;
}

/** Null: it can be read. */
export function faultOf(text: string): SearchFault | null {
  try {
    parseSearch(text);
    return null;
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    const from = Math.min(error.column - 1, text.length);
    const message = error.message.replace(/^(?:XT_SEARCH:\s*)?(?:the search cannot be read:\s*)?/, '');
    return { from, to: Math.min(text.length, from + error.token.length), message, suggestion: error.suggestion };
  }
}

/** Keys that no run has, in a search that can be read: it finds nothing because of them. */
export function strangersOf(text: string, keys: SearchKeys): ReturnType<typeof unknownKeys> {
  try {
    return unknownKeys(parseSearch(text), keys);
  } catch {
    return [];
  }
}

/** The text in pieces that joined give it again. Behind a place that means nothing all is plain. */
export function piecesOf(text: string, fault: SearchFault | null): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const token of tokensOf(text)) {
    if (token.at > at) pieces.push(piece('space', text, at, token.at, fault));
    if (token.to > token.at) pieces.push(piece(kindOf(token, text), text, token.at, token.to, fault));
    at = Math.max(at, token.to);
  }
  if (at < text.length) pieces.push(piece('plain', text, at, text.length, fault));
  return pieces;
}

function piece(kind: PieceKind, text: string, from: number, to: number, fault: SearchFault | null): Piece {
  return {
    kind,
    text: text.slice(from, to),
    at: from,
    fault: fault !== null && from < Math.max(fault.to, fault.from + 1) && to > fault.from,
  };
}

/** As far as the text goes: a piece of it that can be read. */
function tokensOf(text: string): readonly Token[] {
  try {
    return tokenize(text);
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    // A prefix whose key is still to come is no token by itself.
    const readable = text.slice(0, error.column - 1).replace(/(?:params|metrics|tags)\.$/, '');
    return readable.length < text.length ? tokensOf(readable) : [];
  }
}

function kindOf({ kind, value, to }: Token, text: string): PieceKind {
  if (kind !== 'word') return kind === 'duration' ? 'number' : kind === 'end' ? 'plain' : kind;
  const word = value.toLowerCase();
  if (KEYWORDS.has(word)) return 'keyword';
  if (FUNCTIONS.includes(word) && text[to] === '(') return 'function';
  return (FIELDS as readonly string[]).includes(word) ? 'field' : 'plain';
}
