// One knob as the control that suits it: a slider between its bounds, its choices, a switch, or a field.

import { NumberInput, Select, Slider, Switch, TextInput } from '@mantine/core';
import type { ReactElement } from 'react';
import type { JsonValue } from '../../../src/protocol/events.js';
import type { Knob } from '../api/types';
import { knobFault, knobScale } from './knob-scale';
import classes from './steer.module.css';

interface KnobFieldProps {
  readonly knob: Knob;
  /** What is asked for and not sent yet. */
  readonly wanted: JsonValue | undefined;
  /** Undefined: as it is. */
  readonly onChange: (value: JsonValue | undefined) => void;
}

export function KnobField(props: KnobFieldProps): ReactElement {
  const { knob, wanted } = props;
  return (
    <div className={classes.knob}>
      <div className={classes.knobHead}>
        <span>{knob.name}</span>
        <span className={classes.knobNow}>
          now {shown(knob.value)}
          {wanted !== undefined && ` → ${shown(wanted)}`}
        </span>
      </div>
      <KnobControl {...props} />
    </div>
  );
}

function KnobControl(props: KnobFieldProps): ReactElement {
  const { knob, wanted, onChange } = props;
  const value = wanted ?? knob.value;
  if (knob.choices !== undefined && knob.choices !== null) return <Choices {...props} />;
  if (typeof knob.value === 'boolean') {
    return (
      <Switch aria-label={knob.name} checked={value === true} onChange={(event) => onChange(changed(knob, event.currentTarget.checked))} />
    );
  }
  if (typeof knob.value === 'number') return <NumberKnob {...props} />;
  return (
    <TextInput
      size="xs"
      aria-label={knob.name}
      value={typeof value === 'string' ? value : JSON.stringify(value)}
      onChange={(event) => onChange(changed(knob, event.currentTarget.value))}
    />
  );
}

function Choices({ knob, wanted, onChange }: KnobFieldProps): ReactElement {
  const choices = knob.choices ?? [];
  const texts = choices.map((choice) => JSON.stringify(choice));
  return (
    <Select
      size="xs"
      aria-label={knob.name}
      allowDeselect={false}
      comboboxProps={{ withinPortal: false }}
      data={choices.map((choice, at) => ({ value: texts[at] ?? '', label: shown(choice) }))}
      value={JSON.stringify(wanted ?? knob.value)}
      onChange={(text) => onChange(changed(knob, choices[texts.indexOf(text ?? '')]))}
    />
  );
}

function NumberKnob({ knob, wanted, onChange }: KnobFieldProps): ReactElement {
  const value = Number(wanted ?? knob.value);
  const scale = knobScale({ value: knob.value, min: knob.min, max: knob.max, scale: knob.scale });
  return (
    <div className={classes.knobRow}>
      {scale !== null && (
        <Slider
          thumbLabel={`${knob.name}, slider`}
          min={0}
          max={scale.positions}
          value={scale.position(value)}
          label={(position) => shown(scale.value(position))}
          thumbValueText={(position: number) => shown(scale.value(position))}
          onChange={(position) => onChange(changed(knob, scale.value(position)))}
        />
      )}
      <NumberInput
        size="xs"
        style={{ width: scale === null ? undefined : 110 }}
        aria-label={knob.name}
        hideControls
        value={value}
        error={knobFault(value, knob)}
        onChange={(next) => {
          const number = typeof next === 'number' ? next : Number(next);
          onChange(next === '' || !Number.isFinite(number) ? undefined : changed(knob, number));
        }}
      />
    </div>
  );
}

/** Undefined where it is what holds already. */
function changed(knob: Knob, value: JsonValue | undefined): JsonValue | undefined {
  return value === undefined || JSON.stringify(value) === JSON.stringify(knob.value) ? undefined : value;
}

function shown(value: JsonValue): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}
