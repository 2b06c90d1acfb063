// What a writer does though nobody commits: it says that it lives, and writes down tails that are left over.

import type { PostgresWriter } from './writes/writer.js';

/** How often a writer says that it lives (ms): several times within LEASE of record-reader.ts. */
const BREATH_MS = 10_000;
/** How often it is looked whether there are tails to be written down (ms). */
const SETTLE_MS = 2_500;

/** Goes on until the returned function is called. What fails is tried again with the next round. */
export function keepUp(writer: PostgresWriter): () => void {
  const breathing = setInterval(() => void writer.breathe().catch(() => undefined), BREATH_MS);
  const settling = setInterval(() => void writer.settle().catch(() => undefined), SETTLE_MS);
  breathing.unref();
  settling.unref();
  return () => {
    clearInterval(breathing);
    clearInterval(settling);
  };
}
