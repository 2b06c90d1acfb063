// Folds a run's event log anew, with the code that folded it when it came, into a store of its own.

import { FrameDecoder, LIMITS, type TrackEvent, type WorkerMessage, XTrackError } from '../../protocol/index.js';
import { Bus } from '../../runtime/bus.js';
import { Collector } from '../../runtime/collector.js';
import { Journal } from '../../runtime/journal.js';
import { initialState } from '../../runtime/run-state.js';
import type { Block, Store, StoreReader } from '../../storage/store.js';
import type { Findings } from './findings.js';

/** Bytes of the log between two commits of the fold. */
const COMMIT_BYTES = 4 * 1024 * 1024;

/** Events in the log by worker and incarnation. */
export type LogLanes = ReadonlyMap<string, ReadonlySet<number>>;

export interface Refolded {
  readonly events: number;
  readonly lanes: LogLanes;
  /** Lanes whose frames carry no incarnation. */
  readonly implied: ReadonlySet<string>;
}

/** `from` holds the run, `twin` is empty. What is wrong with the log itself is told. */
export async function refold(from: StoreReader, runId: string, createdAt: number, twin: Store, findings: Findings): Promise<Refolded> {
  const fold = new Fold(runId, createdAt, twin, findings);
  for await (const block of readableBlocks(from, runId, findings)) {
    fold.add(block);
    if (fold.pending > COMMIT_BYTES) await fold.commit();
  }
  await fold.commit();
  return fold;
}

/** Goes on behind a block that cannot be read. */
async function* readableBlocks(from: StoreReader, runId: string, findings: Findings): AsyncGenerator<Block> {
  for (let after = 0; ; ) {
    try {
      for await (const block of from.readBlocks(runId, after)) {
        yield block;
        after = block.id;
      }
      return;
    } catch (error) {
      const { code, detail } = XTrackError.from(error, 'XT_STORE_READ');
      const bad = /^block (\d+)\b/.exec(detail)?.[1];
      if (code !== 'XT_STORE_READ' || bad === undefined) throw error;
      findings.add('XT_VERIFY_BLOCK', detail);
      after = Number(bad);
    }
  }
}

class Fold implements Refolded {
  readonly lanes = new Map<string, Set<number>>();
  readonly implied = new Set<string>();
  events = 0;
  pending = 0;
  readonly #journal: Journal<Collector>;
  readonly #collector: Collector;
  readonly #findings: Findings;
  #failure: XTrackError | undefined;

  constructor(runId: string, createdAt: number, twin: Store, findings: Findings) {
    this.#findings = findings;
    this.#journal = new Journal({
      store: twin,
      bus: new Bus(),
      onFailure: (failed) => {
        this.#failure = [...failed.values()][0];
      },
      onAnswers: () => undefined,
    });
    const state = initialState(runId, createdAt);
    const now = (): number => createdAt;
    this.#collector = new Collector({ state, marks: [], journal: this.#journal, controlIncarnation: 'verify', now, isBlank: true });
  }

  add({ id, bytes, events, implied }: Block): void {
    let count = 0;
    const bad = (error: XTrackError): void => this.#findings.add('XT_VERIFY_BLOCK', `block ${id}: ${error.detail}`);
    const decoder = new FrameDecoder(
      {
        message: (message, frame, start, end) => {
          count += 1;
          this.#take(message, implied, frame, start, end);
        },
        refused: (error) => bad(error),
        skipped: (error) => bad(error),
      },
      { mode: 'recover', maxFrame: LIMITS.frameHard },
    );
    decoder.push(bytes);
    decoder.end();
    this.#journal.endChunk();
    if (count !== events) this.#findings.add('XT_VERIFY_BLOCK', `block ${id}: ${count} events can be read, of ${events}`);
    this.events += count;
    this.pending += bytes.length;
  }

  async commit(): Promise<void> {
    this.pending = 0;
    await this.#journal.flush();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #take(message: WorkerMessage, implied: Readonly<Record<string, string>>, bytes: Uint8Array, start: number, end: number): void {
    if (!('seq' in message) || !('incarnation' in message)) return;
    const event = message as TrackEvent;
    const incarnation = event.incarnation === '' ? (implied[event.worker] ?? '') : event.incarnation;
    const name = JSON.stringify([event.worker, incarnation]);
    if (event.incarnation === '') this.implied.add(name);
    const seqs = this.lanes.get(name) ?? new Set<number>();
    this.lanes.set(name, seqs);
    if (seqs.has(event.seq)) {
      this.#findings.add('XT_VERIFY_TWICE', `event ${event.seq} of worker '${event.worker}' (${incarnation}) lies in the log twice`);
      return;
    }
    seqs.add(event.seq);
    const lane = this.#collector.lane(event.worker, incarnation);
    // Put before a run by hand, or replayed into another one, it still is of this run.
    this.#collector.accept(lane, { ...event, incarnation, runId: this.#collector.runId }, bytes, start, end);
  }
}
