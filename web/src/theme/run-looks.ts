// How a run looks wherever it is drawn: its colour, and whether its curves are shown. Chosen on the runs page, kept in this browser.

import { COLOURS, type ColourScheme, seriesColour } from '../charts/plot/palette';
import { isRecord, stored } from './stored';

export interface RunLook {
  /** Place in the palette, or a CSS colour `#rrggbb`. */
  readonly colour?: number | string;
  readonly hidden?: boolean;
}

export type RunLooks = Readonly<Record<string, RunLook>>;

/** Looks that are kept: the newest. */
const MOST_LOOKS = 2_000;

const looksStore = stored<RunLooks>('runs.looks', readLooks);

export function readLooks(found: unknown): RunLooks {
  if (!isRecord(found)) return {};
  return Object.fromEntries(Object.entries(found).flatMap(([runId, look]) => (isRecord(look) ? [[runId, readLook(look)]] : [])));
}

function readLook({ colour, hidden }: Readonly<Record<string, unknown>>): RunLook {
  const known =
    typeof colour === 'number' ? Number.isInteger(colour) && colour >= 0 : typeof colour === 'string' && /^#[0-9a-f]{6}$/i.test(colour);
  return { ...(known && { colour: colour as number | string }), ...(hidden === true && { hidden }) };
}

/** The colour of a run's curves: what was chosen, or one that comes from its id and so is the same on every page. */
export function runColour(runId: string, looks: RunLooks, scheme: ColourScheme): string {
  const chosen = looks[runId]?.colour;
  if (typeof chosen === 'string') return chosen;
  return seriesColour(chosen ?? palettePlace(runId), scheme);
}

/** The place in the palette that comes from a run's id: FNV-1a. */
export function palettePlace(runId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < runId.length; at++) hash = Math.imul(hash ^ runId.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % COLOURS;
}

export function useRunLooks(): { readonly looks: RunLooks; readonly setLook: (runId: string, look: RunLook) => void } {
  return { looks: looksStore.use(), setLook };
}

/** Replaces what is chosen of the run's look. */
export function setLook(runId: string, look: RunLook): void {
  const { [runId]: _before, ...others } = looksStore.get();
  const kept = Object.entries(others).slice(-(MOST_LOOKS - 1));
  looksStore.set({ ...Object.fromEntries(kept), ...((look.colour !== undefined || look.hidden) && { [runId]: look }) });
}
