// Chooses the colour of a run, beside the dot that was pressed.

import { useComputedColorScheme } from '@mantine/core';
import { type CSSProperties, type ReactElement, useEffect, useRef } from 'react';
import { COLOURS, seriesColour } from '../../../charts/plot/palette';
import { setLook, useRunLooks } from '../../../theme/run-looks';
import classes from '../table.module.css';

export interface LookTarget {
  readonly runId: string;
  /** Where the panel stands, px in the window. */
  readonly x: number;
  readonly y: number;
}

const SIZE = { width: 196, height: 100 } as const;

export function LookPanel({ target, onClose }: { readonly target: LookTarget; readonly onClose: () => void }): ReactElement {
  const panel = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const { looks } = useRunLooks();
  const { runId, x, y } = target;
  const look = looks[runId];
  useEffect(() => {
    panel.current?.showPopover();
    panel.current?.querySelector('button')?.focus();
  }, []);
  const choose = (colour: number | undefined): void => {
    const { colour: _before, ...rest } = look ?? {};
    setLook(runId, colour === undefined ? rest : { ...rest, colour });
    onClose();
  };
  return (
    <div
      ref={panel}
      popover="auto"
      role="dialog"
      aria-label="Colour"
      className={classes.look}
      style={{ left: Math.min(x, innerWidth - SIZE.width), top: Math.min(y, innerHeight - SIZE.height) }}
      onToggle={(event) => {
        if (event.newState === 'closed') onClose();
      }}
    >
      <div className={classes.swatches}>
        {Array.from({ length: COLOURS }, (_, at) => seriesColour(at, scheme)).map((colour, at) => (
          <button
            key={colour}
            type="button"
            className={classes.swatch}
            style={{ '--run-colour': colour } as CSSProperties}
            aria-label={`Colour ${at + 1}`}
            aria-pressed={look?.colour === at}
            onClick={() => choose(at)}
          />
        ))}
      </div>
      <button type="button" className={classes.plain} onClick={() => choose(undefined)}>
        As it comes
      </button>
    </div>
  );
}
