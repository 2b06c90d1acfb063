// What became of an event that was given to a collector, and what is to be said of it.

import { XTrackError } from '../protocol/index.js';

/**
 * `refused`: more is missing than can be kept account of. `buried`: the event is of a run that was removed for good, and not kept.
 * `spoiled`: it made a fault of our own show, and is kept apart. `gone`:
 * this collector holds nothing any more; the run has to be read anew (Hub.collector), and what was not acknowledged sent again.
 */
export type Verdict = 'new' | 'duplicate' | 'refused' | 'buried' | 'spoiled' | 'gone';

/** The collector that did not take it. */
interface Asked {
  readonly runId: string;
  readonly dead: XTrackError | undefined;
}

/** What to say to whoever sent an event that was not taken, and whether nothing more can be taken from there. */
export function whyNotTaken({ runId, dead }: Asked, verdict: Verdict): { error: XTrackError; ends: boolean } {
  switch (verdict) {
    case 'buried':
      return { error: new XTrackError('XT_RUN_PURGED', { detail: `run '${runId}' was deleted for good` }), ends: false };
    case 'spoiled':
      return { error: new XTrackError('XT_INTERNAL'), ends: false };
    case 'gone':
      return { error: dead ?? new XTrackError('XT_RUN_CHANGED'), ends: true };
    default:
      return { error: new XTrackError('XT_ENVELOPE', { detail: 'too many missing ranges in one stream', field: 'm.seq' }), ends: true };
  }
}
