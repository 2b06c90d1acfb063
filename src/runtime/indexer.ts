// What a commit holds of an event beside its bytes: points of series, rows of entries, answers to commands.

import type { CommandResult, Metric, MetricBatch, MetricContext, RunStart, TrackEvent } from '../protocol/index.js';
import type { RunWarning } from '../storage/store.js';
import { type Lane, seriesContext, type Track } from './lane.js';
import type { Pending } from './pending.js';

/** Series per run that are charted; events beyond stay in the event log only. */
const MAX_SERIES = 100_000;

/** A warning on the run that is meant, from now. */
export type NewWarning = Omit<RunWarning, 'runId' | 'at'>;

/** Fills the next commit with what is derived from the events of one run. */
export class Indexer {
  private readonly pending: Pending;
  private readonly runId: string;
  private readonly warn: (warning: NewWarning) => void;
  private seriesCount = 0;

  constructor(pending: Pending, runId: string, warn: (warning: NewWarning) => void) {
    this.pending = pending;
    this.runId = runId;
    this.warn = warn;
  }

  add(lane: Lane, event: TrackEvent): void {
    switch (event.type) {
      case 'metric':
        this.point(lane, event, event.key, event.value);
        break;
      case 'metric_batch':
        for (const [key, value] of event.metrics) this.point(lane, event, key, value);
        break;
      case 'param':
      case 'artifact':
      case 'checkpoint':
      case 'log':
      case 'knob':
      case 'change':
        this.pending.entries.push(event);
        break;
      case 'gap':
        lane.declare(event);
        break;
      case 'run_start':
        this.started(lane, event);
        break;
      case 'command_result':
        this.pending.answers.push(event satisfies CommandResult);
        break;
    }
  }

  private started(lane: Lane, event: RunStart): void {
    if (event.seq === 1) lane.startTs = event.ts;
  }

  private point(lane: Lane, event: Metric | MetricBatch, key: string, value: number): void {
    const tracks = lane.tracksOf(event.context);
    const track = tracks.get(key) ?? this.openTrack(lane, tracks, key, event.context);
    if (track.id >= 0) this.pending.points.push(track.id, event.seq, event.ts, value, event.step, event.epoch);
  }

  private openTrack(lane: Lane, tracks: Map<string, Track>, key: string, context: MetricContext | undefined): Track {
    this.seriesCount += 1;
    if (this.seriesCount > MAX_SERIES) {
      if (this.seriesCount === MAX_SERIES + 1) {
        const detail = `more than ${MAX_SERIES} series; '${key.slice(0, 64)}' and later ones are not charted`;
        this.warn({ code: 'XT_SERIES_LIMIT', detail, field: null, worker: lane.worker, seq: null });
      }
      return { id: -1 };
    }
    const { worker, incarnation } = lane;
    const id = this.pending.openTrack({ runId: this.runId, worker, incarnation, key, ...seriesContext(context) });
    const track = { id };
    tracks.set(key, track);
    return track;
  }
}
