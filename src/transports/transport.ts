// The transport port: a connection moves bytes both ways where it can; the session on top never knows which kind it is.
//
// Lifecycle: `receive`, then `closed` once; nothing is called after `closed`. close() is safe twice.

export type TransportKind = 'stdio' | 'tcp' | 'unix' | 'file' | 'http';

/** One peer's byte stream, as a session sees it. */
export interface Connection {
  readonly kind: TransportKind;
  /** Of TCP: whether the peer is on this machine, and whether what it says is encrypted. */
  readonly peer?: { readonly local: boolean; readonly encrypted: boolean };
  /** Writes to the peer. False when its buffer is full: hold back until `drained` is called on the session. */
  send(bytes: Uint8Array): boolean;
  /** Stops and restarts reading, so that a busy store slows the peer and not the memory. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Whoever holds a key. */
export interface Writer {
  /** Runs of these experiments alone may be written to; null: all. */
  readonly experiments: Experiments | null;
  /** The id of a key that was given out: of the runs that were begun with one it writes to its own alone. */
  readonly keyId?: string;
  /** The key may also write to runs that were begun with another. */
  readonly everyRun?: boolean;
}

/** Experiments by their ids. */
export interface Experiments {
  has(experimentId: string): boolean;
}

/** Who sends a token; undefined where it does not allow to write. */
export type Authorise = (token: string) => Writer | undefined;

/** What peers of a listener may do. */
export interface Admission {
  /** Peers that never say hello are accepted (and get no acks). */
  readonly allowV1: boolean;
  /** When set, hello must carry exactly this token. */
  readonly token?: string;
  /** When set, hello must carry a token that this knows, or `token`. */
  readonly authorise?: Authorise;
  /** The peer is a process of our own user: it needs no token, but is held to the key that it shows. */
  readonly ours?: boolean;
  /** Nobody says hello: the peer is known, and these experiments are what it may write to. */
  readonly known?: Writer;
  /** Of one run; its peers are read more slowly beyond that. */
  readonly maxEventsPerSecond?: number;
  /** When set, a hello without run id joins this run (the one that was spawned). */
  readonly runId?: string;
  /** Events of the control plane's own worker are accepted: only from a recorded file. */
  readonly allowControl?: boolean;
}

/** Counts of what came through one session. */
export interface SessionCounts {
  events: number;
  duplicates: number;
  refused: number;
  skippedBytes: number;
}
