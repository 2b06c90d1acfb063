// The one error family of XTrack: a closed table of stable codes, each with the way out.
// Codes are never renamed or reused; docs/03-ir-reference.md lists them and a test compares the two.

/** What a code means and how the caller should react. `exit` is the CLI's exit code. */
interface ErrorEntry {
  readonly summary: string;
  readonly remedy: string;
  readonly exit: number;
  /** True when trying the same thing again later can succeed. */
  readonly retry: boolean;
}

const entry = (summary: string, remedy: string, exit = 1, retry = false): ErrorEntry => ({ summary, remedy, exit, retry });

/** Every stable error code. */
export const ERRORS = {
  XT_FRAME_TOO_SHORT: entry(
    'the frame length is below 2 bytes',
    'write the length as 4 bytes, unsigned, big-endian, of the JSON that follows',
  ),
  XT_FRAME_TOO_LARGE: entry(
    'the frame length is over the limit',
    'send smaller events, or negotiate max_frame in hello (hard limit 16 MiB)',
  ),
  XT_FRAME_TRUNCATED: entry(
    'the stream ended inside a frame',
    'nothing to do if the writer was killed: every whole frame before it was read',
  ),
  XT_FRAME_UTF8: entry('the frame is not valid UTF-8', 'encode the JSON as UTF-8'),
  XT_FRAME_VALUES: entry('the JSON holds more than 600,000 values', 'send them in parts, or as an artifact'),
  XT_FRAME_DEPTH: entry('the JSON nests deeper than 64 levels', 'flatten the value, or log it as an artifact'),
  XT_FRAME_CHECKSUM: entry(
    'the frame does not match its checksum',
    'nothing where it is sent again; look for bad memory, disks or network equipment between the emitter and here',
  ),
  XT_FRAME_JSON: entry('the frame is not one JSON object', 'send exactly one JSON object in each frame'),
  XT_VERSION: entry('the envelope has another protocol version', 'use an emitter that speaks protocol version 1'),
  XT_ENVELOPE: entry('the envelope is malformed', 'send {"v":1,"t":…,"m":{"seq":…,"ts":…},"p":{…}}'),
  XT_FIELD_REQUIRED: entry('a required field is missing', 'send the field named in `field`'),
  XT_FIELD_TYPE: entry('a required field has the wrong type', 'send the field named in `field` with the documented type'),
  XT_FIELD_LIMIT: entry('a field is over its size limit', 'shorten the field named in `field`'),
  XT_NUMBER_OVERFLOW: entry(
    'a number is beyond what a double holds',
    'nothing: it is read as infinite, and the event log keeps it as it was written',
  ),
  XT_NUMBER_INEXACT: entry('an integer is beyond 2^53 and was rounded', 'nothing: the event log keeps it as it was written'),
  XT_CLOCK: entry('a clock is far off', "set the worker's clock: times outside the years 2000 to 2100 are kept, and shown where they say"),
  XT_SEQ_GAP: entry('events of a worker are missing', 'they may still come; `xtrack show RUN` lists the missing ranges'),
  XT_SEQ_CONFLICT: entry(
    'another event has this sequence number',
    'give each emitter an incarnation of its own: the first event counts, the other is kept apart',
  ),
  XT_SERIES_LIMIT: entry('the run has too many series', 'log fewer metric names: further ones are kept in the event log but not charted'),
  XT_WORKER_RESERVED: entry('the worker id is reserved for the control plane', 'choose another worker id'),
  XT_RUN_ID: entry('the run id is not valid', 'use 1 to 128 characters from A-Z a-z 0-9 . _ : - and do not start with -', 2),
  XT_RUN_NOT_FOUND: entry('there is no such run', 'see `xtrack list` for the runs in this data directory', 4),
  XT_RUN_EXISTS: entry('the run id is already taken', 'choose another run id, or leave it out', 2),
  XT_RUN_LIVE: entry('the run is still live', 'stop the run first', 5),
  XT_RUN_NOT_LIVE: entry('the run is not live here', 'start the run, or ask the control plane that owns it', 5),
  XT_RUN_OWNED: entry('another control plane owns the run', 'talk to that control plane, or stop it', 5, true),
  XT_RUN_DAMAGED: entry('the row of the run is damaged', 'make it anew from the event log: `xtrack verify RUN --repair`', 3, true),
  XT_METRIC_NOT_FOUND: entry('the run has no such metric', 'see `xtrack show RUN` for the metrics it has', 4),
  XT_COMMAND_UNSUPPORTED: entry('no connected worker of the run takes commands', 'use an emitter with the `command` capability', 5),
  XT_COMMAND_EXPIRED: entry('the command expired before it was answered', 'send it again', 5, true),
  XT_SEARCH_COST: entry(
    'the search costs too much',
    'ask for less: fewer terms, shorter patterns, less nesting, or one experiment at a time',
    2,
  ),
  XT_SEARCH_BUSY: entry('other searches take all the time there is', 'try again in a moment', 5, true),
  XT_BUSY: entry('too much is asked for at once', 'wait for some of it to end, and try again', 5, true),
  XT_RUN_CHANGED: entry(
    'another process wrote to the run, or removed it, since it was read here',
    'nothing: it is read anew, and what was not stored is sent again',
    3,
    true,
  ),
  XT_RUN_PURGED: entry('the run was deleted for good', 'nothing: what comes late for it is not kept'),
  XT_SPAWN: entry('the command could not be started', 'check the command, its path and the working directory', 127),
  XT_STORE_OPEN: entry('the store could not be opened', 'check the data directory, or the address of the database, and the permissions', 3),
  XT_SQLITE: entry(
    'there is no SQLite to use',
    'use Node 24.15 (22.23) or newer, which brings one, or `npm install better-sqlite3@12` with its install script, or another store',
    3,
  ),
  XT_STORE_VERSION: entry('the store was written by another version', 'upgrade XTrack, or open it with the version that wrote it', 3),
  XT_STORE_OLD: entry(
    'the data is from an older version and open for reading only',
    'open it once for writing, which brings it up: `xtrack gc` does',
    3,
  ),
  XT_STORE_EXISTS: entry('there are runs already', 'restore into another data directory, or replace them with --force', 5),
  XT_COPY_DIFFERS: entry('a copied run differs from the original', 'delete it for good at its new place, and migrate again', 1),
  XT_STORE_WRITE: entry(
    'the store could not commit',
    'free disk space, repair the disk or bring the database server back; events wait in the emitters until then',
    3,
    true,
  ),
  XT_STORE_READ: entry(
    'the store could not be read',
    'check the disk or the database server; `xtrack export` of the other runs still works',
    3,
    true,
  ),
  XT_STORE_READ_ONLY: entry('the store is open for reading only', 'open it for writing', 3),
  XT_CLOSED: entry('this XTrack is closed', 'start a new one', 1),
  XT_LISTEN: entry('the listener could not be opened', 'choose another port or path, or stop who holds it', 3),
  XT_HELLO_REQUIRED: entry('this listener needs a hello first', 'send hello as the first frame, or open the listener with allowV1'),
  XT_TOKEN: entry('the token is missing or wrong', 'set XTRACK_TOKEN to the token of this listener'),
  XT_INSECURE_BIND: entry(
    'a listener beyond loopback needs more protection',
    'give a certificate (or say `insecure` where something before it encrypts), for workers also a key (`xtrack keys create`) or a token; or bind to 127.0.0.1',
    2,
  ),
  XT_FENCED: entry('a newer connection of this worker took over', 'nothing: the newer connection goes on'),
  XT_FILE: entry('the file could not be read or written', 'check the path and its permissions', 3),
  XT_SPOOL_DAMAGED: entry(
    'a record of a spool file does not match its checksum',
    'check the disk; the file is kept in spool/damaged/, every other record was taken',
  ),
  XT_PACKAGE: entry('an optional package is not installed', 'install the package that the message names', 3),
  XT_ARGUMENT: entry('an argument is not valid', 'see the documentation of the call', 2),
  XT_SEARCH: entry('the search cannot be read', "write conditions such as metrics.loss < 0.3 and status = 'completed'", 2),
  XT_UNAUTHENTICATED: entry(
    'the request carries no valid key',
    'open the address that `xtrack serve` prints, or send `Authorization: Bearer` with a key of `xtrack keys create`',
    5,
  ),
  XT_FORBIDDEN: entry('the key does not allow this', 'use a key with the scope, and for the experiment, that it needs', 5),
  XT_ORIGIN: entry('the request comes from another site', "use the server's own page, or send a key as `Authorization: Bearer`", 5),
  XT_HOST: entry('the server does not answer to this host name', 'name it with `--allowed-host`, or use 127.0.0.1'),
  XT_NOT_FOUND: entry('there is nothing at this address', 'see /api/docs for what there is', 4),
  XT_KEY_NOT_FOUND: entry('there is no such key', 'see `xtrack keys list` for the keys that there are', 4),
  XT_METHOD: entry('this address does not take the method', 'see /api/docs for what it takes'),
  XT_BODY: entry('the body of the request cannot be read', 'send JSON, not nested deeper than 64 levels'),
  XT_BODY_TOO_LARGE: entry('the body of the request is over the limit', 'send less at once'),
  XT_MEDIA_TYPE: entry('the body of the request has the wrong type', 'send it as `application/json`, or as /api/docs says'),
  XT_TIMEOUT: entry('the request did not arrive in time', 'send it again, over a faster connection', 1, true),
  XT_RATE_LIMIT: entry('too many requests', 'wait as long as `Retry-After` says, and try again', 5, true),
  XT_INTERNAL: entry('something went wrong inside XTrack', 'report it with this message and what you did'),
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code, such as `XT_RUN_NOT_FOUND`. */
export type ErrorCode = keyof typeof ERRORS;

export interface XTrackErrorOptions {
  /** What exactly happened; the table's summary when left out. */
  readonly detail?: string;
  /** Path of the offending field, e.g. `p.metrics.loss`. */
  readonly field?: string;
  readonly cause?: unknown;
}

/** Any error that XTrack raises. Compare `code`, never `instanceof`, across processes. */
export class XTrackError extends Error {
  override readonly name = 'XTrackError';
  readonly code: ErrorCode;
  /** What exactly happened, without code and remedy. */
  readonly detail: string;
  readonly field: string | undefined;
  readonly remedy: string;

  constructor(code: ErrorCode, options: XTrackErrorOptions = {}) {
    const { summary, remedy } = ERRORS[code];
    const where = options.field === undefined ? '' : ` (field ${options.field})`;
    super(`${code}: ${options.detail ?? summary}${where}; ${remedy}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? summary;
    this.field = options.field;
    this.remedy = remedy;
  }

  /** Wraps anything thrown; an XTrackError passes through unchanged. */
  static from(error: unknown, code: ErrorCode): XTrackError {
    if (error instanceof XTrackError) return error;
    return new XTrackError(code, { detail: error instanceof Error ? error.message : String(error), cause: error });
  }
}
