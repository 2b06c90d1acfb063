// What the SQLite storage thread is started with.

export interface ThreadOptions {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Names this writer among all that ever write to the file. */
  readonly writerId: string;
  /** ms */
  readonly retryFor: number;
  /** How long a read waits for another connection's lock (ms); left out: 5 s. */
  readonly busyFor?: number;
}
