// The live stream of a server: one subscription to the control plane, each item written as JSON once, any number of clients that read
// at their own pace. What a client does not take lies nowhere but in the ring that all of them share.

import { randomBytes } from 'node:crypto';
import { XTrackError } from '../../../protocol/errors.js';
import type { ControlPlane, LiveItem } from '../control-plane.js';
import { LiveAccess } from './access.js';
import { type LiveBatch, nextBatch } from './batch.js';
import { LiveClient, type LiveClientOptions } from './client.js';
import { ForeignRuns } from './foreign-runs.js';
import { itemText, type StreamedItem, seriesOf } from './item.js';
import { LiveRing, type RingLimits } from './ring.js';

/** ms between two writes to a client. */
const FLUSH_MS = 33;
/** ms between signs of life, so that nothing on the way takes an idle stream for a dead one. */
const BEAT_MS = 15_000;
/** ms between looks at stuck clients and at the runs of other processes. */
const WATCH_MS = 1_000;
/** ms that the stream goes on for clients that lost their connection. */
const LINGER_MS = 60_000;
/** Items that may wait to be written as JSON. */
const MAX_QUEUE = 100_000;

export interface LiveLimits {
  /** What is kept for clients that are behind or come back. Default: 20,000 items, 16 MiB. */
  readonly ring: RingLimits;
  /** Clients in all (default 1,000), and with the same key or from the same address (default 64). */
  readonly clients: number;
  readonly clientsPerCaller: number;
  /** A client that takes nothing for so long (default 30 s) is let go; it comes back and goes on where it was. */
  readonly stallMs: number;
}

const LIMITS: LiveLimits = { ring: { items: 20_000, size: 16 * 1024 * 1024 }, clients: 1_000, clientsPerCaller: 64, stallMs: 30_000 };

/** One stretch of listening: its ring, and the random name that ids of its messages begin with. */
interface Listening {
  readonly epoch: string;
  readonly ring: LiveRing;
  readonly stop: AbortController;
}

export class LiveHub {
  private readonly xtrack: ControlPlane;
  private readonly limits: LiveLimits;
  private readonly clients = new Set<LiveClient>();
  private readonly access: LiveAccess;
  private readonly foreign: ForeignRuns;
  private listening: Listening | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private flushedAt = 0;
  private beatAt = 0;
  private watchTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  /** The runs of other processes are being looked at. */
  private looking = false;
  private closed = false;

  constructor(xtrack: ControlPlane, limits: Partial<LiveLimits> = {}) {
    this.xtrack = xtrack;
    this.limits = { ...LIMITS, ...limits };
    this.access = new LiveAccess(xtrack);
    this.foreign = new ForeignRuns(xtrack);
  }

  /** Clients that are connected. */
  get size(): number {
    return this.clients.size;
  }

  /** Throws XT_BUSY where there are too many clients, XT_CLOSED where the server is closing. Ask before the answer's head goes out. */
  admit(caller: string): void {
    if (this.closed) throw new XTrackError('XT_CLOSED');
    const { clients, clientsPerCaller } = this.limits;
    if (this.clients.size >= clients) throw new XTrackError('XT_BUSY', { detail: `${clients} live streams are open` });
    const same = [...this.clients].filter((client) => client.caller === caller).length;
    if (same >= clientsPerCaller) throw new XTrackError('XT_BUSY', { detail: `${clientsPerCaller} live streams of this caller are open` });
  }

  /** Streams to a client from now on, or from behind the message `lastId` that it has read last. Returns how to let it go. */
  add(options: LiveClientOptions, lastId?: string): () => void {
    const client = new LiveClient(options);
    const { ring, epoch } = this.listen();
    const position = lastId === undefined || lastId === '' ? ring.end : placeOf(lastId, epoch, ring);
    client.position = position ?? ring.end;
    this.clients.add(client);
    const pump = (): void => this.pump(client);
    if (position === undefined) client.reset('what came since then is not known any more', `${epoch}-${ring.end}`, pump);
    else client.beat(`${epoch}-${position}`, pump);
    pump();
    return () => this.remove(client);
  }

  /** Ends every stream and the subscription. */
  close(): void {
    this.closed = true;
    for (const client of this.clients) client.end();
    this.clients.clear();
    this.stop();
  }

  private listen(): Listening {
    clearTimeout(this.lingerTimer);
    this.watchTimer ??= setInterval(() => void this.watch(), WATCH_MS);
    if (this.listening !== undefined) return this.listening;
    const listening = { epoch: randomBytes(6).toString('hex'), ring: new LiveRing(this.limits.ring), stop: new AbortController() };
    this.listening = listening;
    this.beatAt = performance.now();
    // Subscribed before this returns, so that nothing that is committed from now on is missed.
    void this.follow(listening, this.xtrack.subscribe('*', { signal: listening.stop.signal, maxQueue: MAX_QUEUE }));
    return listening;
  }

  private async follow(listening: Listening, items: AsyncIterable<LiveItem>): Promise<void> {
    for await (const item of items) {
      if (listening.stop.signal.aborted) return;
      if (item.type === 'lagged') this.pushMissed(listening.ring, item.missed);
      else await this.push(listening.ring, item);
    }
    // The control plane has closed.
    if (this.listening === listening) this.close();
  }

  private async push(ring: LiveRing, item: StreamedItem): Promise<void> {
    const { runId } = item;
    if (item.type === 'run_changed') this.access.learn(item.run);
    const access = this.access.get(runId) ?? (await this.access.load(runId));
    if (item.type === 'run_deleted') this.access.forget(runId);
    ring.push({ type: item.type, runId, text: itemText(item), access, series: seriesOf(item) });
    this.flushSoon();
  }

  private pushMissed(ring: LiveRing, missed: number): void {
    const access = { experimentId: null, public: false };
    ring.push({ type: 'lagged', runId: '', text: JSON.stringify({ missed }), access, series: undefined });
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.flushTimer !== undefined || this.clients.size === 0) return;
    this.flushTimer = setTimeout(() => this.flush(), Math.max(0, this.flushedAt + FLUSH_MS - performance.now()));
  }

  private flush(): void {
    this.flushTimer = undefined;
    this.flushedAt = performance.now();
    const shared = new Map<string, LiveBatch>();
    for (const client of this.clients) this.pump(client, shared);
  }

  /** Writes to the client until it is up to date or takes no more. `shared`: what was written to others of the same flush. */
  private pump(client: LiveClient, shared = new Map<string, LiveBatch>()): void {
    if (this.listening === undefined) return;
    const { ring, epoch } = this.listening;
    while (client.writable && client.position < ring.end && this.clients.has(client)) {
      const name = `${client.position}/${ring.end}/${client.key}`;
      const batch = shared.get(name) ?? nextBatch(ring, epoch, client.filter, client.position);
      shared.set(name, batch);
      client.take(batch, () => this.pump(client));
    }
  }

  private async watch(): Promise<void> {
    const now = performance.now();
    for (const client of [...this.clients]) {
      if (client.stalledFor(now) <= this.limits.stallMs && client.isInForce()) continue;
      client.destroy();
      this.remove(client);
    }
    if (now - this.beatAt > BEAT_MS) this.beat(now);
    const { listening } = this;
    if (listening === undefined || this.clients.size === 0 || this.looking) return;
    this.looking = true;
    try {
      for (const item of await this.foreign.changes()) await this.push(listening.ring, item);
    } catch {
      // The store is away: the next look finds what changed meanwhile.
    }
    this.looking = false;
  }

  private beat(now: number): void {
    this.beatAt = now;
    for (const client of this.clients) {
      if (client.writable) client.beat(`${this.listening?.epoch}-${client.position}`, () => this.pump(client));
    }
  }

  private remove(client: LiveClient): void {
    if (!this.clients.delete(client) || this.clients.size > 0) return;
    clearInterval(this.watchTimer);
    this.watchTimer = undefined;
    this.lingerTimer = setTimeout(() => this.stop(), LINGER_MS);
    this.lingerTimer.unref();
  }

  private stop(): void {
    clearTimeout(this.flushTimer);
    clearTimeout(this.lingerTimer);
    clearInterval(this.watchTimer);
    this.flushTimer = undefined;
    this.watchTimer = undefined;
    this.listening?.stop.abort();
    this.listening = undefined;
  }
}

/** The place that an id names; undefined where it is of another stretch or not kept any more. */
function placeOf(id: string, epoch: string, ring: LiveRing): number | undefined {
  const [, name, number] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id) ?? [];
  const place = Number(number);
  return name === epoch && place >= ring.first && place <= ring.end ? place : undefined;
}
