// What a commit tells the other processes of the database (LISTEN/NOTIFY): who wrote, and for each run its newest block before. And what
// they tell: one connection that listens, opened again whenever it is lost.

import type { Client } from 'pg';
import type { StoreChange } from '../store.js';
import { connectPlain, type ServerAddress } from './driver.js';

/** A payload must be shorter than 8,000 bytes; runs beyond go in further ones (bytes). */
const LONGEST = 7_000;
/** Pause before a lost connection is opened again (ms). */
const PAUSE_MS = 1_000;

/** `steered`: 1 where commands of the run were written. */
export type Announced = readonly [runId: string, after: number, steered?: 1];

/** The name of the channel of a schema. */
export function channelOf(schema: string): string {
  // Names are cut at 63 bytes: the end of a longer one is as good as its beginning.
  return `xtrack:${schema.slice(-32)}`;
}

/** As few payloads as hold all runs. */
export function toPayloads(writer: string, runs: readonly Announced[]): string[] {
  const payloads: string[] = [];
  let page: Announced[] = [];
  let bytes = 0;
  for (const run of runs) {
    const size = Buffer.byteLength(JSON.stringify(run)) + 1;
    // No run id of the protocol is as long as that; one that is cannot be told of.
    if (size > LONGEST) continue;
    if (bytes + size > LONGEST) {
      payloads.push(JSON.stringify([writer, ...page]));
      page = [];
      bytes = 0;
    }
    page.push(run);
    bytes += size;
  }
  return page.length === 0 ? payloads : [...payloads, JSON.stringify([writer, ...page])];
}

/** The change that a payload tells of; undefined where `writer` wrote it, or where it is none of ours. */
function fromPayload(payload: string, writer: string): StoreChange | undefined {
  try {
    const [from, ...runs] = JSON.parse(payload) as [string, ...unknown[]];
    if (typeof from !== 'string' || from === writer) return undefined;
    return {
      runs: runs.filter(isAnnounced).map(([runId, after, steered]) => ({ runId, after, ...(steered === 1 && { steered: true as const }) })),
    };
  } catch {
    return undefined;
  }
}

function isAnnounced(value: unknown): value is Announced {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1]);
}

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
