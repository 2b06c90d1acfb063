// What a Python emitter had dropped and not yet declared when it was killed: kept in the table of checksums beside its spool
// file, in two slots that are written in turn. docs/format/spool.md has the layout; nothing in it is believed but what its sum agrees with.

import { crc32 } from 'node:zlib';

/** The order is part of the format. */
const KINDS = [
  'other',
  'metric',
  'metric_batch',
  'log',
  'status',
  'param',
  'artifact',
  'checkpoint',
  'tags',
  'knob',
  'change',
  'command_result',
  'run_start',
  'run_end',
] as const;
const SLOTS = [8, 80] as const;
const COUNTS_AT = 12;
const SUM_AT = COUNTS_AT + 4 * KINDS.length;
const SLOT_BYTES = SUM_AT + 4;
/** Stands for a sum of 0. */
const EMPTY = 0xffffffff;

/** Counts by type that no record of the file declares, whose last one is `lastSeq`. `table` begins with the cell of offset 0. */
export function undeclared(table: Buffer, littleEndian: boolean, lastSeq: number): Record<string, number> {
  let newest: { number: number; declaredBy: number; counts: number[] } | undefined;
  for (const start of SLOTS) {
    if (table.length < start + SLOT_BYTES) continue;
    const slot = table.subarray(start, start + SLOT_BYTES);
    const view = new DataView(slot.buffer, slot.byteOffset, slot.length);
    if (view.getUint32(SUM_AT, littleEndian) !== (crc32(slot.subarray(0, SUM_AT)) || EMPTY)) continue;
    const number = view.getUint32(0, littleEndian);
    if (newest !== undefined && newest.number > number) continue;
    const declaredBy = Number(view.getBigUint64(4, littleEndian));
    newest = { number, declaredBy, counts: KINDS.map((_, index) => view.getUint32(COUNTS_AT + 4 * index, littleEndian)) };
  }
  if (newest === undefined || (newest.declaredBy > 0 && newest.declaredBy <= lastSeq)) return {};
  const pairs = KINDS.map((kind, index): [string, number] => [kind, newest.counts[index] ?? 0]);
  return Object.fromEntries(pairs.filter(([, count]) => count > 0));
}

/** The frame that declares them, as their emitter would have; undefined when there are none, or the head of the file is not what it should be. */
export function declaration(head: Uint8Array, counts: Record<string, number>, lastSeq: number): Buffer | undefined {
  const dropped = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (dropped === 0) return undefined;
  try {
    const { m, p } = parseHead(head);
    const gap = { run_id: p.run_id, from: lastSeq + 1, to: lastSeq + dropped, reason: 'killed', counts };
    const meta = { seq: lastSeq + dropped + 1, ts: m.ts, wid: m.wid, inc: m.inc };
    const body = Buffer.from(JSON.stringify({ v: 1, t: 'gap', m: meta, p: gap }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  } catch {
    return undefined;
  }
}

/** `first_seq` of a spool file's first page: where counting goes on in a file without records. */
export function firstSeq(page: Uint8Array): number {
  try {
    const found = parseHead(page).p.first_seq;
    return Number.isSafeInteger(found) && (found as number) > 0 ? (found as number) : 1;
  } catch {
    return 1;
  }
}

interface Head {
  readonly m: Record<string, unknown>;
  readonly p: Record<string, unknown>;
}

function parseHead(page: Uint8Array): Head {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  return JSON.parse(bytes.toString('utf8', 4, 4 + bytes.readUInt32BE(0))) as Head;
}
