// The selection of the table and what rows do with it, as functions that stay the same while rows are drawn.

import { useMemo, useRef, useState } from 'react';
import { setLook, useRunLooks } from '../../../theme/run-looks';
import type { LookTarget } from '../view/look-panel';
import type { LineActions } from './run-line';
import { allToggled, extended, NOTHING, type Selection, toggled } from './selection';

export interface TableSelection {
  readonly selection: Selection;
  readonly current: string | null;
  readonly setCurrent: (key: string) => void;
  readonly lineActions: LineActions;
  readonly selectMany: (runIds: readonly string[]) => void;
  readonly clear: () => void;
  readonly lookTarget: LookTarget | null;
  readonly closeLook: () => void;
}

/** px between a dot and its panel. */
const GAP = 4;

/** `shownIds`: the runs in the order shown. */
export function useTableSelection(shownIds: readonly string[]): TableSelection {
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [current, setCurrent] = useState<string | null>(null);
  const [lookTarget, setLookTarget] = useState<LookTarget | null>(null);
  const { looks } = useRunLooks();
  const latest = useRef({ shownIds, looks });
  latest.current = { shownIds, looks };
  const lineActions = useMemo(
    (): LineActions => ({
      select: (runId, range) => setSelection((now) => (range ? extended(now, runId, latest.current.shownIds) : toggled(now, runId))),
      toggleHidden(runId) {
        const look = latest.current.looks[runId] ?? {};
        setLook(runId, { ...look, hidden: look.hidden !== true });
      },
      look(runId, anchor) {
        const { left, bottom } = anchor.getBoundingClientRect();
        setLookTarget({ runId, x: left, y: bottom + GAP });
      },
      point: setCurrent,
    }),
    [],
  );
  return {
    selection,
    current,
    setCurrent,
    lineActions,
    selectMany: useMemo(() => (runIds: readonly string[]) => setSelection((now) => allToggled(now, runIds)), []),
    clear: useMemo(() => () => setSelection(NOTHING), []),
    lookTarget,
    closeLook: useMemo(() => () => setLookTarget(null), []),
  };
}
