// What other processes commit to the same database: one connection that listens, opened again whenever it is lost.

import type { Client } from 'pg';
import type { StoreChange } from '../store.js';
import { channelOf, fromPayload } from './announcement.js';
import { connectPlain, type ServerAddress } from './driver.js';

/** Pause before a lost connection is opened again (ms). */
const PAUSE_MS = 1_000;

export interface ChangesOptions {
  readonly address: ServerAddress;
  readonly schema: string;
  /** Whose commits are not told. */
  readonly writerId: string;
  readonly onChange: (change: StoreChange) => void;
}

export class Changes {
  readonly #options: ChangesOptions;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Resolves when every later commit of another process will be told; where the server is away, that is tried again by itself. */
  async start(): Promise<void> {
    await this.#open().catch(() => this.#again());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const client = await connectPlain(this.#options.address);
    client.on('notification', ({ payload }) => {
      const change = fromPayload(payload ?? '', this.#options.writerId);
      if (change !== undefined) this.#options.onChange(change);
    });
    client.once('end', () => {
      if (this.#client === client) this.#again();
    });
    this.#client = client;
    await client.query(`LISTEN ${client.escapeIdentifier(channelOf(this.#options.schema))}`);
    if (this.#closed) await client.end();
  }

  #again(): void {
    this.#client = undefined;
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#open().then(
        () => this.#options.onChange({ runs: null }),
        () => this.#again(),
      );
    }, PAUSE_MS);
  }
}
