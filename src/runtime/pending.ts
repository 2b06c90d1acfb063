// What waits for the next commit beside blocks, rows and marks: gathered over all runs, and taken out again by run where one is lost.

import type { CommandResult } from '../protocol/index.js';
import type { DeadLetter, Entry, PointColumns, RunWarning, TrackDefinition } from '../storage/store.js';
import { PointBuffer } from './point-buffer.js';

/** What one commit takes. */
export interface Taken {
  readonly points: PointColumns;
  readonly tracks: readonly TrackDefinition[];
  readonly entries: readonly Entry[];
  readonly warnings: readonly RunWarning[];
  readonly deadLetters: readonly DeadLetter[];
  readonly answers: readonly CommandResult[];
  readonly released: readonly string[];
}

export class Pending {
  readonly points = new PointBuffer();
  entries: Entry[] = [];
  warnings: RunWarning[] = [];
  deadLetters: DeadLetter[] = [];
  answers: CommandResult[] = [];
  private tracks: TrackDefinition[] = [];
  private readonly released = new Set<string>();
  private nextTrack = 1;

  /** Names a new series; its points follow with the id. */
  openTrack(track: Omit<TrackDefinition, 'id'>): number {
    const id = this.nextTrack;
    this.nextTrack += 1;
    this.tracks.push({ ...track, id });
    return id;
  }

  /** Nothing is in memory of the run any more; what comes of it from now on names its series anew. */
  release(runId: string): void {
    this.released.add(runId);
  }

  /** Hands over everything. */
  take(): Taken {
    const { tracks, entries, warnings, deadLetters, answers } = this;
    const released = [...this.released];
    this.released.clear();
    this.tracks = [];
    this.entries = [];
    this.warnings = [];
    this.deadLetters = [];
    this.answers = [];
    return { points: this.points.take(), tracks, entries, warnings, deadLetters, answers, released };
  }

  /** Forgets everything of these runs; `tracks`: their series. */
  drop(runIds: ReadonlySet<string>, tracks: ReadonlySet<number>): void {
    const isKept = ({ runId }: { readonly runId: string }): boolean => !runIds.has(runId);
    this.tracks = this.tracks.filter(isKept);
    this.entries = this.entries.filter(isKept);
    this.warnings = this.warnings.filter(isKept);
    this.deadLetters = this.deadLetters.filter(isKept);
    this.answers = this.answers.filter(isKept);
    this.points.remove(tracks);
  }
}
