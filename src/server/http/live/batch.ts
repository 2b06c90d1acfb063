// What one write to a client holds: the items from where it stands that it asked for and may see, as server-sent events.

import type { Principal } from '../access/principal.js';
import { mayHear } from './access.js';
import type { LiveRing, RingEntry } from './ring.js';

/** Characters of items in one message; the rest follows when the client has taken it. */
const MAX_MESSAGE = 256 * 1024;
/** Characters that a client may be behind before it only gets the newest value of each series, and at last nothing. */
const MAX_UNSENT = 1024 * 1024;

/** Which items a client gets. */
export interface LiveFilter {
  readonly runs?: ReadonlySet<string>;
  readonly experiment?: string;
  readonly types?: ReadonlySet<string>;
  readonly principal: Principal;
  /** A run that the caller may see, whatever its grants: an embed link's. */
  readonly shown?: string;
}

/** Bytes to write (none: nothing of it concerns the client), and where it stands then. */
export interface LiveBatch {
  readonly bytes: Buffer | undefined;
  readonly next: number;
}

/** The id of a message: where a client that has read it stands. */
type Naming = (next: number) => string;

/** Equal for filters that let the same through. */
export function filterKey({ runs, experiment, types, principal, shown }: LiveFilter): string {
  const sorted = (set: ReadonlySet<string> | undefined) => set && [...set].sort();
  return JSON.stringify([sorted(runs) ?? null, experiment ?? null, sorted(types) ?? null, principal.grants, shown ?? null]);
}

export function message(event: string, data: string, id: string): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}

/** The next batch for a client that stands at `from`. `epoch` names the ring in the ids. */
export function nextBatch(ring: LiveRing, epoch: string, filter: LiveFilter, from: number): LiveBatch {
  const id: Naming = (next) => `${epoch}-${next}`;
  if (from < ring.first) return reset('the items since then are not kept any more', ring.end, id(ring.end));
  const behind = ring.sizeSince(from) > MAX_UNSENT;
  const { entries, next } = collect(ring, filter, from, behind ? MAX_UNSENT : MAX_MESSAGE);
  if (!behind || next === ring.end) return { bytes: encode(entries, next, id), next };
  const all = collect(ring, filter, from, Number.POSITIVE_INFINITY).entries;
  const newest = coalesce(all);
  if (sizeOf(newest) > MAX_UNSENT) return reset('too far behind', ring.end, id(ring.end));
  const lagged = message('lagged', JSON.stringify({ missed: all.length - newest.length }), id(from));
  const rest = encode(newest, ring.end, id) ?? Buffer.alloc(0);
  return { bytes: Buffer.concat([Buffer.from(lagged), rest]), next: ring.end };
}

function reset(reason: string, next: number, id: string): LiveBatch {
  return { bytes: Buffer.from(message('reset', JSON.stringify({ reason }), id)), next };
}

/** The entries that pass, up to about `limit` characters, and the number behind the last one looked at. */
function collect(ring: LiveRing, filter: LiveFilter, from: number, limit: number): { entries: RingEntry[]; next: number } {
  const entries: RingEntry[] = [];
  let size = 0;
  let next = from;
  for (; next < ring.end && size < limit; next += 1) {
    const entry = ring.get(next);
    if (!passes(filter, entry)) continue;
    entries.push(entry);
    size += entry.text.length;
  }
  return { entries, next };
}

function passes({ runs, experiment, types, principal, shown }: LiveFilter, { type, runId, access }: RingEntry): boolean {
  if (type === 'lagged') return true;
  if (types?.has(type) === false || runs?.has(runId) === false) return false;
  return (experiment === undefined || access.experimentId === experiment) && (runId === shown || mayHear(principal, access));
}

/** Keeps the newest item of each series, and all others. */
function coalesce(entries: readonly RingEntry[]): RingEntry[] {
  const newest = new Map(entries.map((entry, at) => [entry.series ?? at, entry]));
  return entries.filter((entry, at) => newest.get(entry.series ?? at) === entry);
}

function sizeOf(entries: readonly RingEntry[]): number {
  return entries.reduce((size, { text }) => size + text.length, 0);
}

/** Undefined where there is nothing to say. */
function encode(entries: readonly RingEntry[], next: number, id: Naming): Buffer | undefined {
  if (entries.length === 0) return undefined;
  const messages: string[] = [];
  let items: string[] = [];
  // Each message names the place behind its own last item: whoever loses the connection after it goes on there.
  const flush = (at: number): void => {
    if (items.length > 0) messages.push(message('items', `[${items.join(',')}]`, id(at)));
    items = [];
  };
  for (const { number, type, text } of entries) {
    if (type !== 'lagged') items.push(text);
    else {
      flush(number);
      messages.push(message('lagged', text, id(number + 1)));
    }
  }
  flush(next);
  return Buffer.from(messages.join(''));
}
