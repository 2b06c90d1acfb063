// What every part of the steering panel is given.

import type { RunDetail } from '../api/types';
import type { Steering } from './use-steering';

export interface SectionProps {
  readonly run: RunDetail;
  readonly steering: Steering;
  /** False: the run cannot be steered, and the panel says why. */
  readonly able: boolean;
}
