// Which HTTP status each error code has, and the one shape (RFC 9457) that every error is answered in.

import { type ErrorCode, XTrackError } from '../../../protocol/errors.js';
import { SearchError } from '../../../query/search/names.js';

/** Statuses of errors; a code that is in no other row is 500. */
const CODES: Readonly<Record<number, readonly ErrorCode[]>> = {
  400: [
    'XT_ARGUMENT',
    'XT_BODY',
    'XT_ENVELOPE',
    'XT_FIELD_LIMIT',
    'XT_FIELD_REQUIRED',
    'XT_FIELD_TYPE',
    'XT_FRAME_DEPTH',
    'XT_FRAME_VALUES',
    'XT_FRAME_JSON',
    'XT_FRAME_TOO_LARGE',
    'XT_FRAME_TOO_SHORT',
    'XT_FRAME_TRUNCATED',
    'XT_FRAME_UTF8',
    'XT_HELLO_REQUIRED',
    'XT_RUN_ID',
    'XT_SEARCH',
    'XT_SEARCH_COST',
    'XT_SPAWN',
    'XT_VERSION',
    'XT_WORKER_RESERVED',
  ],
  401: ['XT_TOKEN', 'XT_UNAUTHENTICATED'],
  403: ['XT_FORBIDDEN', 'XT_ORIGIN'],
  404: ['XT_KEY_NOT_FOUND', 'XT_METRIC_NOT_FOUND', 'XT_NOT_FOUND', 'XT_RUN_NOT_FOUND'],
  405: ['XT_METHOD'],
  408: ['XT_TIMEOUT'],
  409: [
    'XT_COMMAND_EXPIRED',
    'XT_COMMAND_UNSUPPORTED',
    'XT_FENCED',
    'XT_RUN_DAMAGED',
    'XT_RUN_EXISTS',
    'XT_RUN_LIVE',
    'XT_RUN_NOT_LIVE',
    'XT_RUN_OWNED',
    'XT_STORE_EXISTS',
    'XT_STORE_READ_ONLY',
  ],
  413: ['XT_BODY_TOO_LARGE'],
  415: ['XT_MEDIA_TYPE'],
  421: ['XT_HOST'],
  429: ['XT_BUSY', 'XT_RATE_LIMIT', 'XT_SEARCH_BUSY'],
  503: ['XT_CLOSED', 'XT_SQLITE', 'XT_STORE_OLD', 'XT_STORE_OPEN', 'XT_STORE_READ', 'XT_STORE_VERSION', 'XT_STORE_WRITE'],
};

const STATUS: ReadonlyMap<ErrorCode, number> = new Map(
  Object.entries(CODES).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)] as const)),
);

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** `title` of a problem: what the status is called. */
export const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  421: 'Wrong host',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available',
};

/** An error as JSON. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable: XT_… */
  readonly code: ErrorCode;
  readonly field?: string;
  readonly remedy: string;
  /** Of a search: where in its text, 0-based. */
  readonly column?: number;
}

export function statusOf(code: ErrorCode): number {
  return STATUS.get(code) ?? 500;
}

/** What a client is told. Of an error inside XTrack it is told nothing but that it was one. */
export function toProblem(error: XTrackError): Problem {
  const status = statusOf(error.code);
  const { code, field, remedy } = error;
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail: code === 'XT_INTERNAL' ? new XTrackError('XT_INTERNAL').detail : error.detail,
    code,
    ...(field !== undefined && { field }),
    remedy,
    ...(error instanceof SearchError && { column: error.column - 1 }),
  };
}

/** What Fastify itself refuses, by its code. */
const OWN_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'XT_NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'XT_NOT_FOUND',
  FST_ERR_CTP_BODY_TOO_LARGE: 'XT_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'XT_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'XT_BODY',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'XT_BODY',
  FST_ERR_CTP_INVALID_JSON_BODY: 'XT_BODY',
};

/** What the libraries around it refuse, by status: a folder asked for as a file, a broken address. */
const LIBRARY_CODES: Readonly<Record<number, ErrorCode>> = { 400: 'XT_ARGUMENT', 403: 'XT_NOT_FOUND', 404: 'XT_NOT_FOUND' };

interface FastifyFault {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
  readonly validation?: readonly { readonly instancePath?: string; readonly message?: string }[];
}

/** Whatever a handler threw, or Fastify refused, as one of our errors. */
export function toXTrackError(thrown: unknown): XTrackError {
  if (thrown instanceof XTrackError) return thrown;
  const fault = thrown as FastifyFault;
  if (fault.validation !== undefined) return invalid(fault.validation);
  const code = OWN_CODES[fault.code ?? ''] ?? LIBRARY_CODES[fault.statusCode ?? 500];
  if (code !== undefined) return new XTrackError(code, { detail: fault.message });
  return new XTrackError('XT_INTERNAL', { cause: thrown });
}

function invalid(faults: NonNullable<FastifyFault['validation']>): XTrackError {
  const [fault] = faults;
  const field = (fault?.instancePath ?? '').slice(1).replaceAll('/', '.');
  return new XTrackError('XT_ARGUMENT', { detail: fault?.message ?? 'not valid', ...(field !== '' && { field }) });
}
