// An axis' name, and behind it all that can be done with the axis without a pointer.

import { Button, Checkbox, Group, NumberInput, Popover } from '@mantine/core';
import { type DragEvent, type KeyboardEvent, type ReactElement, useLayoutEffect, useRef, useState } from 'react';
import type { Brush } from '../brushes';
import classes from '../compare.module.css';
import { isNumeric } from '../draw/scale';
import type { Axis } from './axes';

interface AxisHeadProps {
  readonly axis: Axis;
  /** px of the name. */
  readonly left: number;
  readonly width: number;
  readonly brush: Brush | undefined;
  readonly onBrush: (brush: Brush | null) => void;
  readonly onFlip: () => void;
  /** By so many places; left out: the axis stays where it is. */
  readonly onMove?: (by: number) => void;
  /** Another axis was dropped here. */
  readonly onDropOf?: (id: string) => void;
  readonly onRemove?: () => void;
}

const DRAGGED = 'application/x-xtrack-axis';

export function AxisHead(props: AxisHeadProps): ReactElement {
  const { axis, left, width, brush, onMove, onDropOf } = props;
  const [opened, setOpened] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const isMoving = useRef(false);
  const press = ({ key }: KeyboardEvent): void => {
    const by = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    if (by === 0 || onMove === undefined) return;
    isMoving.current = true;
    onMove(by);
  };
  // An element that moves within the page loses the focus.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is what it waits for
  useLayoutEffect(() => {
    if (isMoving.current) button.current?.focus();
    isMoving.current = false;
  }, [left]);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom" trapFocus withinPortal>
      <Popover.Target>
        <button
          ref={button}
          type="button"
          className={classes.axisHead}
          style={{ left, width }}
          data-brushed={brush !== undefined || undefined}
          title={`${axis.label}: settings${onMove === undefined ? '' : ', arrow keys or dragging move it'}`}
          aria-label={`Axis ${axis.label}${brush === undefined ? '' : ', brushed'}`}
          draggable={onMove !== undefined}
          onDragStart={(event) => event.dataTransfer.setData(DRAGGED, axis.id)}
          onDragOver={(event) => onDropOf !== undefined && event.preventDefault()}
          onDrop={(event: DragEvent) => onDropOf?.(event.dataTransfer.getData(DRAGGED))}
          onKeyDown={press}
          onClick={() => setOpened(!opened)}
        >
          {axis.label}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <AxisSettings {...props} />
      </Popover.Dropdown>
    </Popover>
  );
}

function AxisSettings({ axis, brush, onBrush, onFlip, onMove, onRemove }: AxisHeadProps): ReactElement {
  return (
    <div className={classes.settings}>
      <strong>{axis.label}</strong>
      {axis.scale.kind === 'text' ? (
        <ValueBrush axis={axis} brush={brush} onBrush={onBrush} />
      ) : (
        <RangeBrush axis={axis} brush={brush} onBrush={onBrush} />
      )}
      {isNumeric(axis.values) && <Checkbox label="Logarithmic" checked={axis.scale.kind === 'log'} onChange={onFlip} />}
      <Group gap={6}>
        {onMove !== undefined && (
          <>
            <Button size="compact-xs" variant="default" onClick={() => onMove(-1)}>
              ← Left
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => onMove(1)}>
              Right →
            </Button>
          </>
        )}
        {onRemove !== undefined && (
          <Button size="compact-xs" variant="default" onClick={onRemove}>
            Remove
          </Button>
        )}
        {brush !== undefined && (
          <Button size="compact-xs" variant="subtle" onClick={() => onBrush(null)}>
            Clear brush
          </Button>
        )}
      </Group>
    </div>
  );
}

type BrushProps = Pick<AxisHeadProps, 'axis' | 'brush' | 'onBrush'>;

function RangeBrush({ axis, brush, onBrush }: BrushProps): ReactElement {
  const numbers = axis.values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  const range = brush?.kind === 'range' ? brush : { from: Math.min(...numbers), to: Math.max(...numbers) };
  const set = (change: { readonly from?: number | string; readonly to?: number | string }): void => {
    const next = { from: Number(change.from ?? range.from), to: Number(change.to ?? range.to) };
    if (Number.isFinite(next.from) && Number.isFinite(next.to)) onBrush({ id: axis.id, kind: 'range', ...next });
  };
  return (
    <Group gap={6} wrap="nowrap">
      <NumberInput label="From" hideControls value={range.from} onChange={(from) => from !== '' && set({ from })} />
      <NumberInput label="To" hideControls value={range.to} onChange={(to) => to !== '' && set({ to })} />
    </Group>
  );
}

function ValueBrush({ axis, brush, onBrush }: BrushProps): ReactElement {
  const all = axis.scale.kind === 'text' ? axis.scale.values : [];
  const chosen = brush?.kind === 'values' ? brush.values : all;
  const toggle = (value: string): void => {
    const values = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
    onBrush(values.length === all.length ? null : { id: axis.id, kind: 'values', values });
  };
  return (
    <div className={classes.checks}>
      {all.map((value) => (
        <Checkbox key={value} label={value} checked={chosen.includes(value)} onChange={() => toggle(value)} />
      ))}
    </div>
  );
}
