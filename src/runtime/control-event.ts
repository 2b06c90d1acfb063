// What the control plane writes into a run by itself: commands given, processes that ended, changes made in the page.

import type { TrackEvent } from '../protocol/index.js';

/** An event that the control plane itself writes into the run; identity and time are filled in. */
export type ControlEvent = TrackEvent extends infer E
  ? E extends TrackEvent
    ? Omit<E, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'>
    : never
  : never;
