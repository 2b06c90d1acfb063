// Reads tokens one by one for the parser, and keeps count of how large the search becomes.

import { SearchError } from './names.js';
import { type Token, tokenize } from './tokens.js';

/** Parentheses, functions, signs and operators within each other. */
export const MAX_DEPTH = 32;
/** Comparisons, operators, list members and order terms together. */
const MAX_TERMS = 500;
/** Characters of all patterns of `like` together. */
const MAX_PATTERNS = 4_096;

export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #terms = 0;
  #patterns = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  /** The token after the next. */
  get afterNext(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  isWord(...words: readonly string[]): boolean {
    return this.next.kind === 'word' && words.includes(this.next.value.toLowerCase());
  }

  isSymbol(...symbols: readonly string[]): boolean {
    return this.next.kind === 'symbol' && symbols.includes(this.next.value);
  }

  /** Takes the token where it is this word. */
  accept(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.take();
    return found;
  }

  acceptSymbol(symbol: string): boolean {
    const found = this.isSymbol(symbol);
    if (found) this.take();
    return found;
  }

  /** Throws XT_SEARCH at the next token. */
  fail(problem: string, suggestion?: string): never {
    throw this.errorAt(this.next, problem, suggestion);
  }

  errorAt({ at, kind, value }: Pick<Token, 'at' | 'kind' | 'value'>, problem: string, suggestion?: string): SearchError {
    return new SearchError(problem, { at, token: kind === 'end' ? '' : value, suggestion });
  }

  /** `… , not X`, or that the search ends there. */
  expected(what: string): never {
    const { kind, value } = this.next;
    this.fail(kind === 'end' ? `expected ${what} before the end` : `expected ${what}, not ${value}`);
  }

  /** One more term. */
  count(): void {
    this.#terms += 1;
    if (this.#terms > MAX_TERMS) this.tooMuch(`the search has more than ${MAX_TERMS} terms`);
  }

  /** One more pattern. */
  countPattern(pattern: string): void {
    this.#patterns += pattern.length;
    if (this.#patterns > MAX_PATTERNS) this.tooMuch(`the patterns of the search have more than ${MAX_PATTERNS} characters`);
  }

  /** Throws XT_SEARCH_COST at the next token. */
  tooMuch(problem: string): never {
    const { at, kind, value } = this.next;
    throw new SearchError(problem, { at, token: kind === 'end' ? '' : value }, 'XT_SEARCH_COST');
  }

  /** Runs `body` one level deeper. */
  deeper<T>(body: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.tooMuch(`the search nests deeper than ${MAX_DEPTH} levels`);
    const result = body();
    this.#depth -= 1;
    return result;
  }
}
