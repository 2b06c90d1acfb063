// What the SQLite storage thread is started with.

export interface ThreadOptions {
  readonly directory: string;
  readonly readOnly: boolean;
  /** Names this writer among all that ever write to the file. */
  readonly writerId: string;
  /** ms */
  readonly retryFor: number;
}
