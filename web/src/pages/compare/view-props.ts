// What each view of the page is given.

import type { CompareState } from './compare-state';
import type { Compared } from './compared';
import type { UpdateState } from './use-compare-state';

export interface ViewProps {
  readonly state: CompareState;
  readonly update: UpdateState;
  readonly compared: Compared;
  /** The run in hand: under the pointer, in the list or in a picture. */
  readonly highlighted: string | null;
  readonly onHighlight: (runId: string | null) => void;
}
