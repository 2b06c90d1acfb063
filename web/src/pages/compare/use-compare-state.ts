// The page's settings live in its address, and nowhere else.

import { useCallback, useMemo } from 'react';
import { useLocation } from 'wouter';
import { useAddressQuery } from '../../api/addresses';
import { type CompareState, readState, writeState } from './compare-state';

export type UpdateState = (patch: Partial<CompareState>) => void;

/** Other runs and another view are steps that the browser's back button undoes; settings are not. */
const STEPS: readonly (keyof CompareState)[] = ['runs', 'q', 'view'];

export function useCompareState(): readonly [CompareState, UpdateState] {
  const search = useAddressQuery();
  const [path, navigate] = useLocation();
  const state = useMemo(() => readState(search), [search]);
  const update = useCallback(
    (patch: Partial<CompareState>) => {
      // Two changes may come within one drawing: the address knows both.
      const text = writeState({ ...readState(globalThis.location.search), ...patch });
      navigate(text === '' ? path : `${path}?${text}`, { replace: !STEPS.some((field) => field in patch) });
    },
    [navigate, path],
  );
  return [state, update];
}
