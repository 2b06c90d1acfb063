// Parallel coordinates: an axis for each param, the result on the last; a stroke along an axis keeps only the runs that pass it.

import { MultiSelect } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactElement, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { runAddress } from '../../../api/addresses';
import { EmptyState } from '../../../components/empty-state';
import { plural } from '../../../components/format';
import { withBrush } from '../brushes';
import classes from '../compare.module.css';
import { HighlightWords } from '../draw/highlight-words';
import { PictureCanvas } from '../draw/picture-canvas';
import { PictureMenu } from '../draw/picture-menu';
import { QuantitySelect } from '../draw/quantity-select';
import { runValues } from '../draw/run-values';
import { useInk } from '../draw/use-ink';
import { ValuesTable } from '../draw/values-table';
import type { Quantity } from '../quantities';
import type { ViewProps } from '../view-props';
import { axesOf, defaultAxes, goalOf, moved } from './axes';
import { AxisHead } from './axis-head';
import { BrushStrip } from './brush-strip';
import { type Frame, frameOf, type ParallelOptions, parallelPicture, runAt } from './parallel-picture';

const HEIGHT = 460;
/** px between two axes; where there is less room, the picture scrolls. */
const LEAST_GAP = 104;
const SIDES = 152;

export function ParallelView(props: ViewProps): ReactElement {
  const { state, update, compared } = props;
  const { quantities } = compared;
  const goal = goalOf(quantities, state.goal);
  const ids = useMemo(() => (state.axes.length > 0 ? state.axes : defaultAxes(quantities, goal)), [state.axes, quantities, goal]);
  if (goal === undefined && ids.length === 0)
    return <EmptyState title="Nothing to lay side by side">The runs have the same params and no metric yet.</EmptyState>;
  const choices = quantities.filter(({ id }) => id !== goal?.id);
  return (
    <>
      <div className={classes.bar}>
        <MultiSelect
          className={classes.grow}
          label="Axes"
          searchable
          hidePickedOptions
          maxValues={20}
          data={choices.map(({ id }) => id)}
          value={ids.filter((id) => choices.some((one) => one.id === id))}
          onChange={(axes) => update({ axes })}
        />
        <QuantitySelect
          label="Result (last axis, colour)"
          quantities={quantities}
          value={goal?.id ?? ''}
          onChange={(id) => update({ goal: id })}
        />
      </div>
      <Picture {...props} ids={ids} goal={goal} />
    </>
  );
}

interface PictureProps extends ViewProps {
  readonly ids: readonly string[];
  readonly goal: Quantity | undefined;
}

function Picture(props: PictureProps): ReactElement {
  const { state, compared, highlighted, onHighlight, ids, goal } = props;
  const { ref, width } = useElementSize();
  const [isTable, setTable] = useState(false);
  const [, navigate] = useLocation();
  const options = useOptions(props, width);
  const { axes } = options;
  const drawn = compared.runs.filter(({ isHidden, passes }) => !isHidden && passes);
  const columns = [...ids, ...(goal === undefined ? [] : [goal.id])].flatMap(
    (id) => compared.quantities.find((one) => one.id === id) ?? [],
  );
  const values = () => runValues([...new Set(columns)], compared.runs, (run) => drawn.includes(run));
  const picture = useMemo(() => parallelPicture(options), [options]);
  const step = (by: number): void => {
    const at = drawn.findIndex(({ runId }) => runId === highlighted);
    onHighlight(drawn[(at + by + drawn.length) % Math.max(1, drawn.length)]?.runId ?? null);
  };
  return (
    <figure className={classes.figure} aria-label="Parallel coordinates">
      <div className={classes.figureHead}>
        <HighlightWords compared={compared} highlighted={highlighted} quantities={columns} />
        <PictureMenu
          name="parallel-coordinates"
          picture={() => parallelPicture({ ...options, highlighted: null, named: true })}
          values={values}
          isTable={isTable}
          onTable={() => setTable(!isTable)}
        />
      </div>
      <div ref={ref} className={classes.across}>
        {isTable ? (
          <ValuesTable {...values()} label="Values of the runs" />
        ) : (
          <PictureCanvas
            picture={picture}
            label={`${drawn.length} of ${plural(compared.runs.length, 'run')} over ${plural(axes.length, 'axis', 'axes')}: ${axes.map(({ label }) => label).join(', ')}. Arrow keys go from run to run, Enter opens one.`}
            onPoint={(at) => onHighlight(at === null ? null : runAt(options, at))}
            onStep={step}
            onEnter={() => highlighted !== null && navigate(runAddress(highlighted))}
          >
            <Handles {...props} options={options} />
          </PictureCanvas>
        )}
      </div>
      <figcaption className={classes.dim}>
        Drag along an axis to keep only the runs that pass there; click it to let all through again. A name opens the axis’ settings, arrow
        keys on it move the axis.
        {state.brushes.length > 0 && ` ${plural(drawn.length, 'run')} ${drawn.length === 1 ? 'passes' : 'pass'}.`}
      </figcaption>
    </figure>
  );
}

function useOptions({ state, compared, highlighted, ids, goal }: PictureProps, width: number): ParallelOptions {
  const ink = useInk();
  const { runs, quantities } = compared;
  const axes = useMemo(() => axesOf(ids, goal, quantities, state.flippedLogs), [ids, goal, quantities, state.flippedLogs]);
  return useMemo(
    () => ({
      axes,
      runs: runs.map(({ runId, passes, isHidden }) => (isHidden ? null : { runId, passes })),
      brushes: state.brushes,
      highlighted,
      width: Math.max(width, SIDES + LEAST_GAP * (axes.length - 1)),
      height: HEIGHT,
      ink,
      named: false,
    }),
    [axes, runs, state.brushes, highlighted, width, ink],
  );
}

/** Name and handle of each axis, above the canvas. */
function Handles({ state, update, ids, goal, options }: PictureProps & { readonly options: ParallelOptions }): ReactElement {
  const frame = frameOf(options.axes.length, options.width, options.height);
  const own = ids.filter((id) => id !== goal?.id);
  return (
    <>
      {options.axes.map((axis, at) => {
        const isGoal = axis.id === goal?.id;
        const brush = state.brushes.find(({ id }) => id === axis.id);
        const setBrush = (next: Parameters<typeof withBrush>[2]): void => update({ brushes: withBrush(state.brushes, axis.id, next) });
        return (
          <div key={axis.id}>
            <AxisHead
              axis={axis}
              {...headPlace(frame, at)}
              brush={brush}
              onBrush={setBrush}
              onFlip={() => update({ flippedLogs: toggled(state.flippedLogs, axis.id) })}
              {...(!isGoal && {
                onMove: (by: number) => update({ axes: moved(own, axis.id, by) }),
                onDropOf: (id: string) => update({ axes: moved(own, id, own.indexOf(axis.id) - own.indexOf(id)) }),
                ...(own.length > 1 && {
                  onRemove: () => update({ axes: own.filter((id) => id !== axis.id), brushes: withBrush(state.brushes, axis.id, null) }),
                }),
              })}
            />
            <BrushStrip axis={axis} x={frame.x[at] ?? 0} top={frame.top} bottom={frame.bottom} onBrush={setBrush} />
          </div>
        );
      })}
    </>
  );
}

/** A name has the room of its gap; the last also that of the margin. */
function headPlace({ x, gap }: Frame, at: number): { readonly left: number; readonly width: number } {
  const centre = x[at] ?? 0;
  if (at > 0 && at === x.length - 1) return { left: centre - gap / 2 + 3, width: Math.min(gap, 180) / 2 + 88 };
  const width = Math.min(gap - 6, 180);
  return { left: centre - width / 2, width };
}

function toggled(list: readonly string[], one: string): string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}
