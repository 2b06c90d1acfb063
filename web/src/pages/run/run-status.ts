// What a run says of itself on the live stream, put into what is shown at once: progress must not wait for the next read.

import { isFinal, type Progress } from '../../../../src/protocol/events.js';
import type { RunStatus } from '../../api/types';

interface Moving {
  readonly status: RunStatus;
  readonly live: boolean;
  readonly message: string | null;
  readonly progress: Progress | null;
}

/** What a run says of itself; a run that is over says nothing more. A status never ends a run, so those that would are left to the server. */
export function withStatus<Run extends Moving>(
  run: Run,
  item: { readonly status: RunStatus; readonly message?: string; readonly progress?: Progress },
): Run {
  if (!run.live) return run;
  const ending = isFinal(item.status);
  return {
    ...run,
    status: ending ? run.status : item.status,
    message: item.message ?? run.message,
    progress: item.progress ?? run.progress,
  };
}
