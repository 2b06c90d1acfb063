// Pictures, histograms and tables that a run logged again and again under one name, and which of each belongs to a step.

import type { Artifact } from '../../../../api/types';

/** Everything logged under one name, by step. */
export interface MediaTrack {
  readonly name: string;
  /** Ascending by step. */
  readonly items: readonly Artifact[];
}

/** What is worth looking at step by step; a checkpoint or an archive is not. */
const KINDS: ReadonlySet<string> = new Set(['image', 'histogram', 'table', 'figure', 'text', 'audio']);

/** In the order of their names. An item logged anew for the same step takes the place of the earlier. */
export function mediaTracks(artifacts: readonly Artifact[]): MediaTrack[] {
  const tracks = new Map<string, Map<number, Artifact>>();
  for (const artifact of artifacts) {
    if (artifact.step === null || !KINDS.has(mediaOf(artifact))) continue;
    const name = artifact.name ?? artifact.path;
    const track = tracks.get(name) ?? new Map<number, Artifact>();
    tracks.set(name, track);
    const before = track.get(artifact.step);
    if (before === undefined || before.ts <= artifact.ts) track.set(artifact.step, artifact);
  }
  const found = [...tracks].map(([name, items]) => ({ name, items: [...items.values()].sort((a, b) => (a.step ?? 0) - (b.step ?? 0)) }));
  return found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Every step that any of them has, ascending. */
export function stepsOf(tracks: readonly MediaTrack[]): number[] {
  const steps = new Set(tracks.flatMap(({ items }) => items.map(({ step }) => step ?? 0)));
  return [...steps].sort((a, b) => a - b);
}

/** The last at this step or before it; null: none yet. */
export function itemAt({ items }: MediaTrack, step: number): Artifact | null {
  return items.findLast((item) => (item.step ?? 0) <= step) ?? null;
}

function mediaOf({ metadata, kind, mime }: Artifact): string {
  const said = metadata !== null && Object.hasOwn(metadata, 'media') ? metadata.media : undefined;
  if (typeof said === 'string') return said;
  if (mime !== null && /^(image|audio)\//.test(mime)) return mime.slice(0, 5);
  return kind;
}
