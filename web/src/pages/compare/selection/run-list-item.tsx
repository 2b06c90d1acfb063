// One run of the list.

import { Popover, useComputedColorScheme } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { Link } from 'wouter';
import { runAddress } from '../../../api/addresses';
import { COLOURS, seriesColour } from '../../../charts/plot/palette';
import { Icon } from '../../../components/icon';
import classes from '../compare.module.css';
import type { ComparedRun } from '../compared';

interface RunListItemProps {
  readonly run: ComparedRun;
  readonly isHighlighted: boolean;
  readonly onHighlight: (runId: string | null) => void;
  readonly onToggle: () => void;
  readonly onAlone: () => void;
  readonly onRemove: () => void;
  readonly onColour: (place: number | null) => void;
}

export function RunListItem({ run, isHighlighted, onHighlight, onToggle, onAlone, onRemove, onColour }: RunListItemProps): ReactElement {
  const { name, runId, isHidden, passes } = run;
  return (
    <li
      className={classes.run}
      data-off={isHidden || !passes || undefined}
      data-on={isHighlighted || undefined}
      onPointerEnter={() => onHighlight(runId)}
      onPointerLeave={() => onHighlight(null)}
    >
      <ColourPick run={run} onColour={onColour} />
      <Link
        href={runAddress(runId)}
        className={classes.runName}
        title={`${name}: ${run.row.status}`}
        onFocus={() => onHighlight(runId)}
        onBlur={() => onHighlight(null)}
      >
        {name}
      </Link>
      <button
        type="button"
        className={classes.tool}
        aria-label={`${isHidden ? 'Show' : 'Hide'} ${name}`}
        aria-pressed={isHidden}
        title={`${isHidden ? 'Show' : 'Hide'}; double click shows it alone`}
        onClick={({ detail }) => (detail === 2 ? onAlone() : onToggle())}
      >
        <Icon name={isHidden ? 'eyeOff' : 'eye'} size={14} />
      </button>
      <button type="button" className={classes.tool} aria-label={`Remove ${name}`} title="Remove" onClick={onRemove}>
        <Icon name="close" size={14} />
      </button>
    </li>
  );
}

interface ColourPickProps {
  readonly run: ComparedRun;
  readonly onColour: (place: number | null) => void;
}

function ColourPick({ run, onColour }: ColourPickProps): ReactElement {
  const [opened, setOpened] = useState(false);
  const scheme = useComputedColorScheme('light');
  const choose = (place: number | null): void => {
    onColour(place);
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus withinPortal>
      <Popover.Target>
        <button type="button" className={classes.swatch} aria-label={`Colour of ${run.name}`} onClick={() => setOpened(!opened)}>
          <span style={{ borderTopColor: run.colour, borderTopStyle: run.dashed ? 'dashed' : 'solid' }} />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.palette}>
          {Array.from({ length: COLOURS }, (_, place) => seriesColour(place, scheme)).map((colour, place) => (
            <button
              key={colour}
              type="button"
              className={classes.paletteColour}
              style={{ background: colour }}
              aria-label={`Colour ${place + 1} of ${COLOURS}`}
              aria-pressed={colour === run.colour}
              onClick={() => choose(place)}
            />
          ))}
        </div>
        <button type="button" className={classes.textButton} onClick={() => choose(null)}>
          Its own colour
        </button>
      </Popover.Dropdown>
    </Popover>
  );
}
