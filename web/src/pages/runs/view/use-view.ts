// The view as the address has it, and ways to change it.

import { useCallback, useMemo } from 'react';
import { useLocation } from 'wouter';
import { useAddressQuery } from '../../../api/addresses';
import { type RunsView, readView, writeView } from './view-state';

export interface ViewControl {
  readonly view: RunsView;
  /** Changes the address in place: what is typed or dragged leaves no trail in the browser's history. */
  readonly adjust: (change: Partial<RunsView>) => void;
  /** A step that the browser's back button takes back. */
  readonly go: (change: Partial<RunsView>) => void;
  /** Another view altogether: what follows the `?` of an address. */
  readonly open: (search: string) => void;
}

/** `base`: the page whose address it is. */
export function useView(base: string): ViewControl {
  const search = useAddressQuery();
  const [, navigate] = useLocation();
  const view = useMemo(() => readView(search), [search]);
  const open = useCallback((next: string) => navigate(next === '' ? base : `${base}?${next}`), [base, navigate]);
  const go = useCallback((change: Partial<RunsView>) => open(writeView({ ...readView(location.search), ...change })), [open]);
  const adjust = useCallback(
    (change: Partial<RunsView>) => {
      // What was changed a moment ago may not have been drawn yet.
      const next = writeView({ ...readView(location.search), ...change });
      navigate(next === '' ? base : `${base}?${next}`, { replace: true });
    },
    [base, navigate],
  );
  return { view, adjust, go, open };
}
