// Picks runs by a search: one by one, all that are found, or the search itself, so that new runs come in by themselves.

import { Button, Checkbox, Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactElement, useMemo, useState } from 'react';
import { readRuns } from '../../../api/hooks';
import type { RunRow } from '../../../api/types';
import { wordsSearch } from '../../../app/words-search';
import { nameOf } from '../../../components/run-name';
import { StatusBadge } from '../../../components/status-badge';
import { faultOf } from '../../runs/search/search-check';
import classes from '../compare.module.css';
import type { CompareState } from '../compare-state';
import { MOST_RUNS } from '../compare-state';
import type { UpdateState } from '../use-compare-state';
import { chosenRuns, withoutRun, withRuns } from './selected-runs';

const LISTED = 100;
const PAUSE_MS = 150;

export interface PickerProps {
  readonly state: CompareState;
  readonly update: UpdateState;
  readonly selected: readonly RunRow[];
}

interface OpenedProps extends PickerProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function RunPicker({ opened, onClose, ...props }: OpenedProps): ReactElement {
  return (
    <Modal opened={opened} onClose={onClose} title="Runs to compare" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Picker {...props} onClose={onClose} />
    </Modal>
  );
}

function Picker({ state, update, selected, onClose }: Omit<OpenedProps, 'opened'>): ReactElement {
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(searchFor(text.trim()), PAUSE_MS);
  const fault = useMemo(() => faultOf(q), [q]);
  const { data, error } = useQuery({
    queryKey: ['pick-runs', q],
    queryFn: ({ signal }) => readRuns({ q, columns: [], deleted: false, limit: LISTED }, null, signal),
    // The server would only say the same of what cannot be read.
    enabled: fault === null,
    placeholderData: keepPreviousData,
  });
  const chosen = chosenRuns(
    state,
    selected.map(({ runId }) => runId),
  );
  const found = data?.runs ?? [];
  const fresh = found.filter(({ runId }) => !chosen.has(runId)).map(({ runId }) => runId);
  const room = MOST_RUNS - chosen.size;
  const add = (runIds: readonly string[]): void => update(withRuns(state, runIds));
  return (
    <div className={classes.picker}>
      <TextInput
        data-autofocus
        label="Search"
        placeholder="a name, or: experiment = 'digits' and params.lr < 0.1"
        value={text}
        error={fault?.message ?? error?.message}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <PickList
        runs={found}
        chosen={chosen}
        isFull={room <= 0}
        onAdd={(runId) => add([runId])}
        onRemove={(runId) => update(withoutRun(state, runId))}
      />
      <div className={classes.pickerFoot}>
        <span className={classes.dim}>
          {chosen.size} of at most {MOST_RUNS} chosen
        </span>
        <span className={classes.space} />
        {q !== '' && fault === null && error === null && (
          <Button variant="subtle" onClick={() => update({ q, removed: [] })} disabled={state.q === q}>
            Follow this search
          </Button>
        )}
        <Button variant="default" disabled={fresh.length === 0 || room <= 0} onClick={() => add(fresh.slice(0, room))}>
          Add all {Math.min(fresh.length, Math.max(room, 0))}
        </Button>
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  );
}

/** Words alone are looked for as they stand: `run 19` is no condition, and yet a name. */
function searchFor(text: string): string {
  return /^[\p{L}\p{N}_.\s-]+$/u.test(text) && faultOf(text) !== null ? wordsSearch(text) : text;
}

interface PickListProps {
  readonly runs: readonly RunRow[];
  readonly chosen: ReadonlySet<string>;
  readonly isFull: boolean;
  readonly onAdd: (runId: string) => void;
  readonly onRemove: (runId: string) => void;
}

function PickList({ runs, chosen, isFull, onAdd, onRemove }: PickListProps): ReactElement {
  if (runs.length === 0) return <p className={classes.dim}>No run answers this search.</p>;
  return (
    <ul className={classes.pickList} aria-label="Runs found">
      {runs.map((run) => {
        const isChosen = chosen.has(run.runId);
        return (
          <li key={run.runId}>
            <Checkbox
              checked={isChosen}
              disabled={!isChosen && isFull}
              onChange={() => (isChosen ? onRemove(run.runId) : onAdd(run.runId))}
              label={
                <span className={classes.pick}>
                  <span className={classes.pickName}>{nameOf(run)}</span>
                  <span className={classes.dim}>{run.experimentId ?? ''}</span>
                  <StatusBadge status={run.status} />
                </span>
              }
            />
          </li>
        );
      })}
    </ul>
  );
}
