// The keys of the run page: one for the steering panel, one for each tab.

import { useLocation } from 'wouter';
import { useShortcuts } from '../../components/shortcuts';
import { RUN_TABS, runAddress } from './run-tabs';

export function useRunShortcuts(runId: string, onSteer: () => void): void {
  const [, navigate] = useLocation();
  useShortcuts([
    { keys: 's', label: 'Open or close the steering panel', group: 'Run', run: onSteer },
    ...RUN_TABS.map(({ id, label }, at) => ({ keys: String(at + 1), label, group: 'Run', run: () => navigate(runAddress(runId, id)) })),
  ]);
}
