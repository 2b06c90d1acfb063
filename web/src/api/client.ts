// The one way to the HTTP API: JSON in and out, and every refusal as an ApiError that says what is wrong and what helps.

import { BASE } from './base';
import type { Problem } from './types';

const API = `${BASE}/api/v1`;
/** UTF-16 units of an answer that is no JSON, as far as an error shows it. */
const MOST_SHOWN = 200;

/** What the server refused. `code` is stable (XT_…); XT_OFFLINE: it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly field: string | undefined;
  /** Of a search: from 0, in UTF-16 units. */
  readonly column: number | undefined;
  readonly remedy: string | undefined;

  constructor(problem: Problem & { readonly status: number }) {
    super(problem.detail ?? problem.title ?? `the server answered ${problem.status}`);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code ?? 'XT_HTTP';
    this.detail = this.message;
    this.field = problem.field;
    this.column = problem.column;
    this.remedy = problem.remedy;
  }
}

/** Sent with every request, in the place of a session. */
let carried: string | null = null;

/** From now on every request carries this key: a frame on another site's page has no cookie, and shows what its link says. */
export function carryKey(key: string): void {
  carried = key;
}

/** The address of an API path (`/runs?limit=5`): for links and downloads. */
export function apiAddress(path: string): string {
  return API + path;
}

/** One segment of a path. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** `?a=1&b=2` of what is defined; '' where nothing is. */
export function queryOf(values: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const early = ahead.get(path);
  ahead.delete(path);
  return await ((early as Promise<T> | undefined) ?? request<T>('GET', path, undefined, signal));
}

/** ms for which an answer is kept that was asked for ahead. */
const AHEAD_MS = 10_000;
const ahead = new Map<string, Promise<unknown>>();

/** Asks for what a page is about to ask for: the next `getJson` of this path gets the answer, or its error. */
export function askAhead<T>(path: string): Promise<T> {
  const answer = request<T>('GET', path);
  // Whoever takes the answer sees the error, too.
  answer.catch(() => undefined);
  ahead.set(path, answer);
  setTimeout(() => ahead.delete(path), AHEAD_MS);
  return answer;
}

export async function postJson<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  return await request<T>('POST', path, body, signal);
}

export async function patchJson<T>(path: string, body: unknown): Promise<T> {
  return await request<T>('PATCH', path, body);
}

export async function deleteJson(path: string): Promise<void> {
  await request('DELETE', path, {});
}

/** Gives a key to the server, which answers with a session cookie. Errors: ApiError with status 401. */
export async function signIn(key: string): Promise<void> {
  await request('POST', '/session', {}, undefined, { authorization: `Bearer ${key}` });
}

async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await send(API + path, {
    method,
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }), ...keyHeader(), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

function keyHeader(): Readonly<Record<string, string>> {
  return carried === null ? {} : { authorization: `Bearer ${carried}` };
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError({
      status: 0,
      code: 'XT_OFFLINE',
      detail: 'The server cannot be reached.',
      remedy: 'See whether `xtrack serve` still runs; this page goes on by itself as soon as it does.',
    });
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    return new ApiError({ ...(JSON.parse(text) as Problem), status: response.status });
  } catch {
    return new ApiError({ status: response.status, detail: text.slice(0, MOST_SHOWN) || `The server answered ${response.status}.` });
  }
}
