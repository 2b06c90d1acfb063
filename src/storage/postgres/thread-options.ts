// What the PostgreSQL storage thread is started with.

export interface ThreadOptions {
  readonly url: string;
  readonly readOnly: boolean;
  /** Names this writer among all that ever write to the database. */
  readonly writerId: string;
  /** ms */
  readonly retryFor: number;
  /** ms */
  readonly waitFor: number;
}
