import { runAddress } from '../../api/addresses';
import type { RunTabId } from './run-tabs';

/** The address of a run's tab. */
export function tabAddress(runId: string, tab: RunTabId = 'charts'): string {
  return runAddress(runId, tab === 'charts' ? '' : tab);
}
