// What several runs logged by step under the same names, and what each has at one step.

import type { Artifact } from '../../../api/types';
import { itemAt, type MediaTrack, mediaTracks, stepsOf } from '../../run/charts/media/media-steps';

/** One name, over all runs. */
export interface SharedTrack {
  readonly name: string;
  /** One for each run, in their order; null: the run logged nothing of the name. */
  readonly tracks: readonly (MediaTrack | null)[];
  /** Every step that any run has, ascending. */
  readonly steps: readonly number[];
  /** Runs that have it. */
  readonly runs: number;
}

/** Those that most runs share first. */
export function sharedTracks(artifacts: readonly (readonly Artifact[])[]): SharedTrack[] {
  const perRun = artifacts.map(mediaTracks);
  const names = [...new Set(perRun.flat().map(({ name }) => name))];
  const found = names.map((name): SharedTrack => {
    const tracks = perRun.map((own) => own.find((track) => track.name === name) ?? null);
    const known = tracks.filter((track) => track !== null);
    return { name, tracks, steps: stepsOf(known), runs: known.length };
  });
  return found.sort((a, b) => b.runs - a.runs || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** What a run shows at a step: what it logged there or last before. */
export function shownAt({ tracks }: SharedTrack, run: number, step: number): Artifact | null {
  const track = tracks[run] ?? null;
  return track === null ? null : itemAt(track, step);
}
