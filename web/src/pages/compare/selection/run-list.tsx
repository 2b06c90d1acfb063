// The runs compared, each with its colour, its eye and its way out; on a telephone folded away.

import { useMediaQuery } from '@mantine/hooks';
import type { ReactElement } from 'react';
import { plural } from '../../../components/format';
import classes from '../compare.module.css';
import type { ComparedRun } from '../compared';
import type { ViewProps } from '../view-props';
import { RunListItem } from './run-list-item';
import { withoutRun } from './selected-runs';

export function RunList(props: ViewProps): ReactElement {
  const { runs } = props.compared;
  const isNarrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false });
  const shown = runs.filter(({ isHidden, passes }) => !isHidden && passes).length;
  const label = shown === runs.length ? plural(shown, 'run') : `${shown} of ${plural(runs.length, 'run')} shown`;
  return (
    <aside className={classes.side} aria-label="Runs compared">
      {isNarrow ? (
        <details className={classes.fold}>
          <summary>{label}</summary>
          <List {...props} />
        </details>
      ) : (
        <>
          <p className={classes.sideTitle}>{label}</p>
          <List {...props} />
        </>
      )}
    </aside>
  );
}

function List({ state, update, compared, highlighted, onHighlight }: ViewProps): ReactElement {
  const toggle = ({ runId, isHidden }: ComparedRun): void =>
    update({ hidden: isHidden ? state.hidden.filter((one) => one !== runId) : [...state.hidden, runId] });
  const showAlone = ({ runId }: ComparedRun): void =>
    update({ hidden: compared.runs.flatMap((run) => (run.runId === runId ? [] : [run.runId])) });
  return (
    <ul className={classes.runs}>
      {compared.runs.map((run) => (
        <RunListItem
          key={run.runId}
          run={run}
          isHighlighted={run.runId === highlighted}
          onHighlight={onHighlight}
          onToggle={() => toggle(run)}
          onAlone={() => showAlone(run)}
          onRemove={() => update(withoutRun(state, run.runId))}
          onColour={(place) => update({ colours: withColour(state.colours, run.runId, place) })}
        />
      ))}
    </ul>
  );
}

/** Null: the colour that the run has by itself. */
function withColour(colours: ReadonlyMap<string, number>, runId: string, place: number | null): Map<string, number> {
  const next = new Map(colours);
  if (place === null) next.delete(runId);
  else next.set(runId, place);
  return next;
}
