// One incarnation of one worker within a run: what has arrived from it, and where acknowledgements for it go.

import type { Aggregation, Gap, Metric, MetricContext, Phase, XTrackError } from '../protocol/index.js';
import type { WorkerMark } from '../storage/store.js';
import { Sequence, Stamps } from './sequence.js';

/** Whoever speaks for a worker right now. Implemented by the transports' session. */
export interface LaneOwner {
  /** Everything of this lane up to `seq` is durable; `resend` asks for a range that never came. */
  acknowledge(lane: Lane, seq: number, resend: { from: number; to: number } | undefined): void;
  /** A newer connection of this worker took over, or the run has to be read anew: then `why` says so, and the worker is to connect again. */
  fence(why?: XTrackError): void;
}

const PHASES: readonly (Phase | '')[] = ['', 'train', 'val', 'test'];
const AGGREGATIONS: readonly (Aggregation | '')[] = ['', 'mean', 'sum', 'last'];

/** A metric as this lane writes it, by the id that the store knows. */
export interface Track {
  readonly id: number;
}

export interface LaneIdentity {
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  /** The emitter sends no incarnation; this one was implied from its run_start. */
  readonly implied: boolean;
}

/** State of one (run, worker, incarnation). */
export class Lane {
  readonly runId: string;
  readonly worker: string;
  readonly incarnation: string;
  readonly implied: boolean;
  sequence = new Sequence();
  startTs: number | null = null;
  duplicates = 0;
  /** Last contiguous seq whose commit has resolved. */
  durable = 0;
  /** Of a run that was removed for good, and began anew since: what still comes here is late, and not kept. */
  buried = false;
  /** What its newest events were. */
  readonly stamps = new Stamps();
  /** Changed since the last commit was cut. */
  dirty = false;
  /** What was said of it once, so that it is not said for each event. */
  readonly flagged = new Set<string>();
  owner: LaneOwner | undefined;
  /** The present first hole and when it was first asked for (ms of the monotonic clock). */
  asked: { readonly from: number; readonly since: number } | undefined;
  private readonly tracks: Map<string, Track>[] = [];

  constructor(identity: LaneIdentity) {
    this.runId = identity.runId;
    this.worker = identity.worker;
    this.incarnation = identity.incarnation;
    this.implied = identity.implied;
  }

  static fromMark(mark: WorkerMark): Lane {
    const lane = new Lane(mark);
    lane.sequence = Sequence.from(mark);
    lane.startTs = mark.startTs;
    lane.duplicates = mark.duplicates;
    lane.durable = mark.contiguous;
    return lane;
  }

  /** Takes the gap that an event of this lane declares. It comes behind what it declares: no emitter knows yet what it will have to drop. */
  declare({ from, to, seq, reason, counts }: Gap): void {
    this.sequence.declare({ from, to: Math.min(to, seq - 1), reason: reason ?? null, counts: counts ?? null });
  }

  /** What the store keeps of this lane. */
  mark(): WorkerMark {
    return {
      runId: this.runId,
      worker: this.worker,
      incarnation: this.incarnation,
      implied: this.implied,
      startTs: this.startTs,
      duplicates: this.duplicates,
      ...this.sequence.snapshot(),
    };
  }

  /** Ids of all its tracks. */
  *trackIds(): IterableIterator<number> {
    for (const tracks of this.tracks) for (const { id } of tracks?.values() ?? []) yield id;
  }

  /** Its tracks are named anew by what comes next. */
  forgetTracks(): void {
    this.tracks.length = 0;
  }

  /** The tracks of one (phase, aggregation), by metric key. */
  tracksOf(context: MetricContext | undefined): Map<string, Track> {
    const slot = context === undefined ? 0 : PHASES.indexOf(context.phase ?? '') * 4 + AGGREGATIONS.indexOf(context.aggregation ?? '');
    let tracks = this.tracks[slot];
    if (tracks === undefined) {
      tracks = new Map();
      this.tracks[slot] = tracks;
    }
    return tracks;
  }
}

/** The series part of a metric's context, as the store names it. */
export function seriesContext(context: Metric['context']): { phase: Phase | ''; aggregation: Aggregation | '' } {
  return { phase: context?.phase ?? '', aggregation: context?.aggregation ?? '' };
}
