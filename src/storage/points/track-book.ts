// The series that points may name, by the id that a commit gave them and by their run: of a run that was let go of all are forgotten, so
// that whoever begins a hundred thousand runs, or comes back to the same few for ever, does not fill the memory.

import type { TrackDefinition } from '../series/series.js';

export class TrackBook {
  readonly #tracks = new Map<number, TrackDefinition>();
  /** Ids by run. */
  readonly #runs = new Map<string, number[]>();

  get size(): number {
    return this.#tracks.size;
  }

  /** Writes them down; one that is there already is only said again. */
  add(tracks: readonly TrackDefinition[]): void {
    for (const track of tracks) {
      const ids = this.#runs.get(track.runId);
      if (ids === undefined) this.#runs.set(track.runId, [track.id]);
      else if (!this.#tracks.has(track.id)) ids.push(track.id);
      this.#tracks.set(track.id, track);
    }
  }

  has(id: number): boolean {
    return this.#tracks.has(id);
  }

  get(id: number): TrackDefinition | undefined {
    return this.#tracks.get(id);
  }

  /** All that are known. */
  all(): TrackDefinition[] {
    return [...this.#tracks.values()];
  }

  /** Forgets those of these runs, and says which they were. */
  release(runIds: readonly string[]): number[] {
    const gone = runIds.flatMap((runId) => this.#runs.get(runId) ?? []);
    for (const id of gone) this.#tracks.delete(id);
    for (const runId of runIds) this.#runs.delete(runId);
    return gone;
  }
}
