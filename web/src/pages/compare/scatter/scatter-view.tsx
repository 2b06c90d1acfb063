// A scatter of the runs by any two of their params, metrics and properties, coloured by a third.

import { Checkbox } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactElement, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { runAddress } from '../../../api/addresses';
import { plural } from '../../../components/format';
import classes from '../compare.module.css';
import { rampGradient } from '../draw/colour-ramp';
import { HighlightWords } from '../draw/highlight-words';
import { PictureCanvas } from '../draw/picture-canvas';
import { PictureMenu } from '../draw/picture-menu';
import { QuantitySelect } from '../draw/quantity-select';
import { runValues } from '../draw/run-values';
import { isNumeric, scaleOf, tickLabel } from '../draw/scale';
import { useInk } from '../draw/use-ink';
import { ValuesTable } from '../draw/values-table';
import { defaultAxes, goalOf, isLog } from '../parallel/axes';
import type { Quantity } from '../quantities';
import type { ViewProps } from '../view-props';
import { dotAt, type ScatterOptions, scatterOf, trendWords } from './scatter-picture';

const HEIGHT = 440;
const LEAST_WIDTH = 320;

interface Chosen {
  readonly x: Quantity;
  readonly y: Quantity;
  readonly colour: Quantity | undefined;
}

export function ScatterView(props: ViewProps): ReactElement {
  const { state, update, compared } = props;
  const { quantities } = compared;
  const find = (id: string | undefined): Quantity | undefined => quantities.find((one) => one.id === id);
  const y = find(state.scatterY) ?? goalOf(quantities, '') ?? (quantities[0] as Quantity);
  const x = find(state.scatterX) ?? find(defaultAxes(quantities, y).at(-1)) ?? find('duration') ?? y;
  const colour = find(state.scatterColour);
  return (
    <>
      <div className={classes.bar}>
        <QuantitySelect label="x" quantities={quantities} value={x.id} onChange={(scatterX) => update({ scatterX })} />
        <QuantitySelect label="y" quantities={quantities} value={y.id} onChange={(scatterY) => update({ scatterY })} />
        <QuantitySelect
          label="Colour"
          quantities={quantities}
          value={colour?.id ?? ''}
          onChange={(scatterColour) => update({ scatterColour })}
          none="By run"
        />
        <LogChecks state={state} update={update} x={x} y={y} />
      </div>
      <Picture {...props} x={x} y={y} colour={colour} />
    </>
  );
}

function LogChecks({ state, update, x, y }: Pick<ViewProps, 'state' | 'update'> & Pick<Chosen, 'x' | 'y'>): ReactElement {
  const flip = (id: string): void => {
    const { flippedLogs } = state;
    update({ flippedLogs: flippedLogs.includes(id) ? flippedLogs.filter((one) => one !== id) : [...flippedLogs, id] });
  };
  return (
    <div className={classes.checksInline}>
      {[x, y].map((axis, at) => (
        <Checkbox
          key={at === 0 ? 'x' : 'y'}
          label={at === 0 ? 'log x' : 'log y'}
          disabled={!isNumeric(axis.values)}
          checked={isLog(axis, state.flippedLogs)}
          onChange={() => flip(axis.id)}
        />
      ))}
    </div>
  );
}

function Picture({ state, compared, highlighted, onHighlight, x, y, colour }: ViewProps & Chosen): ReactElement {
  const { ref, width } = useElementSize();
  const ink = useInk();
  const [isTable, setTable] = useState(false);
  const [, navigate] = useLocation();
  const { runs } = compared;
  const options = useMemo(
    (): ScatterOptions => ({
      ...{ x, y, colour, ink, flippedLogs: state.flippedLogs, highlighted, width: Math.max(LEAST_WIDTH, width), height: HEIGHT },
      runs: runs.map((run) => (run.isHidden || !run.passes ? null : run)),
    }),
    [x, y, colour, ink, state.flippedLogs, highlighted, width, runs],
  );
  const { picture, dots, trend, missing } = useMemo(() => scatterOf(options), [options]);
  const columns = [x, y, ...(colour === undefined ? [] : [colour])];
  const values = () => runValues([...new Set(columns)], runs, (run) => !run.isHidden && run.passes);
  const words = trendWords(trend);
  const open = (runId: string | null | undefined): void => {
    if (runId !== null && runId !== undefined) navigate(runAddress(runId));
  };
  const step = (by: number): void => {
    const at = dots.findIndex(({ runId }) => runId === highlighted);
    onHighlight(dots[(at + by + dots.length) % Math.max(1, dots.length)]?.runId ?? null);
  };
  return (
    <figure className={classes.figure} aria-label={`${y.label} by ${x.label}`}>
      <div className={classes.figureHead}>
        <HighlightWords compared={compared} highlighted={highlighted} quantities={columns} />
        <PictureMenu
          name={`scatter-${y.label}-by-${x.label}`}
          picture={() => scatterOf({ ...options, highlighted: null }).picture}
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
            label={`${plural(dots.length, 'run')}, ${y.label} by ${x.label}. ${words} Arrow keys go from run to run, Enter opens one.`}
            onPoint={(at) => onHighlight(at === null ? null : (dotAt(dots, at)?.runId ?? null))}
            onClick={(at) => open(dotAt(dots, at)?.runId)}
            onStep={step}
            onEnter={() => open(highlighted)}
          />
        )}
      </div>
      <figcaption className={classes.caption}>
        <span>
          <b>Trend:</b> {words}
        </span>
        {missing > 0 && (
          <span className={classes.dim}>
            {plural(missing, 'run')} {missing === 1 ? 'lacks' : 'lack'} one of the two values.
          </span>
        )}
        {colour !== undefined && <Ramp quantity={colour} flipped={state.flippedLogs} scheme={ink.scheme} />}
      </figcaption>
    </figure>
  );
}

interface RampProps {
  readonly quantity: Quantity;
  readonly flipped: readonly string[];
  readonly scheme: 'light' | 'dark';
}

/** What the colours say. */
function Ramp({ quantity, flipped, scheme }: RampProps): ReactElement {
  const scale = scaleOf(quantity.values, isLog(quantity, flipped));
  const [low, high] = scale.kind === 'text' ? [scale.values[0], scale.values.at(-1)] : [tickLabel(scale.low), tickLabel(scale.high)];
  return (
    <span className={classes.ramp}>
      {quantity.label}: {low} <span className={classes.rampBar} style={{ background: rampGradient(scheme) }} aria-hidden /> {high}
    </span>
  );
}
