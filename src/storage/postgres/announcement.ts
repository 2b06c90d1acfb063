// What a commit tells the other processes of the database (LISTEN/NOTIFY): who wrote, and for each run its newest block before.

import type { StoreChange } from '../store.js';

/** A payload must be shorter than 8,000 bytes; runs beyond go in further ones (bytes). */
const LONGEST = 7_000;

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
export function fromPayload(payload: string, writer: string): StoreChange | undefined {
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
