// Params and tags that all runs share: those of any run, less what differs.

import { useParams } from '../../../api/hooks';
import type { RunRow } from '../../../api/types';
import type { SameValues } from './table-rows';

/** Null until they are there. */
export function useSameValues(run: RunRow): SameValues | null {
  const { data } = useParams(run.runId);
  return data === undefined ? null : { params: data, tags: run.tags };
}
