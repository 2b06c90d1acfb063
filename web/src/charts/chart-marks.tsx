// The icons of what happened, above their lines; hover or focus says what it was.

import type { ReactElement } from 'react';
import classes from './chart.module.css';
import { type Frame, projectionOf } from './plot/projection';
import type { Scene } from './plot/scene';
import { formatPlace } from './plot/values';
import type { ChartMark, MarkKind } from './series/chart-series';
import { groupMarks, type MarkGroup } from './series/marks';

/** Titles that one icon tells. */
const MOST_TITLES = 8;

const SIGNS: Readonly<Record<MarkKind, string>> = {
  checkpoint: '⚑',
  command: '▸',
  change: '⇅',
  restart: '↻',
  gap: '!',
  alert: '!',
};

const NAMES: Readonly<Record<MarkKind, string>> = {
  checkpoint: 'Checkpoint',
  command: 'Command',
  change: 'Change',
  restart: 'Restart',
  gap: 'Gap',
  alert: 'Alert',
};

export function ChartMarks({ scene, frame }: { readonly scene: Scene; readonly frame: Frame }): ReactElement | null {
  if (scene.marks.length === 0) return null;
  const to = projectionOf(scene, { ...frame, left: 0 });
  const groups = groupMarks(scene.marks, to.x, frame.width);
  return (
    <div className={classes.overlay} style={{ left: frame.left, top: frame.top, width: frame.width, height: 0 }}>
      {groups.map((group) => (
        <MarkIcon key={group.x} group={group} scene={scene} side={group.x > frame.width / 2 ? 'left' : 'right'} />
      ))}
    </div>
  );
}

interface MarkIconProps {
  readonly group: MarkGroup;
  readonly scene: Scene;
  readonly side: 'left' | 'right';
}

function MarkIcon({ group, scene, side }: MarkIconProps): ReactElement {
  const [first] = group.marks;
  const kind = first?.kind ?? 'alert';
  const says = group.marks.slice(0, MOST_TITLES).map((mark) => sayMark(mark, scene));
  const isMany = group.marks.length > 1;
  if (group.marks.length > MOST_TITLES) says.push(`and ${group.marks.length - MOST_TITLES} more`);
  return (
    <button
      type="button"
      className={classes.mark}
      data-kind={kind}
      style={{ left: group.x }}
      aria-label={`${isMany ? `${group.marks.length} marks: ` : ''}${says.join('; ')}`}
    >
      <span aria-hidden="true">{isMany && kind === 'checkpoint' ? group.marks.length : SIGNS[kind]}</span>
      <span className={classes.markText} data-side={side} aria-hidden="true">
        {says.join('\n')}
      </span>
    </button>
  );
}

function sayMark({ kind, title, x }: ChartMark, { axis }: Scene): string {
  return `${NAMES[kind]} at ${formatPlace(x, axis)}: ${title}`;
}
