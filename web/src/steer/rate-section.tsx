// The learning rate: set to a value, or multiplied.

import { SegmentedControl, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { commandAvailability } from './availability';
import { readRate } from './payload';
import type { SectionProps } from './section-props';
import classes from './steer.module.css';
import { SteerButton } from './steer-button';

/** Names under which a script declares its learning rate as a knob. */
const RATE_KNOBS: readonly string[] = ['lr', 'learning_rate'];

export function RateSection({ run, steering, able }: SectionProps): ReactElement {
  const [kind, setKind] = useState<'lr' | 'factor'>('lr');
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const knob = run.knobs.find(({ name }) => RATE_KNOBS.includes(name));
  const own = commandAvailability('adjust_lr', run, steering.commands);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readRate(text, kind);
    setFault(read.fault);
    if (read.value === null) return;
    void steering.send('adjust_lr', read.value);
    setText('');
  };
  return (
    <section className={classes.section} aria-label="Learning rate">
      <h3>Learning rate</h3>
      <SegmentedControl
        size="xs"
        aria-label="How it is given"
        value={kind}
        onChange={(value) => setKind(value === 'factor' ? 'factor' : 'lr')}
        data={[
          { value: 'lr', label: 'New value' },
          { value: 'factor', label: 'Factor' },
        ]}
      />
      <form className={classes.rate} onSubmit={submit}>
        <TextInput
          size="xs"
          aria-label={kind === 'lr' ? 'New learning rate' : 'Factor of the learning rate'}
          placeholder={kind === 'lr' ? `now ${knob === undefined ? 'unknown' : String(knob.value)}` : '0.5'}
          inputMode="decimal"
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SteerButton type="submit" off={!able || !own.able}>
          Set
        </SteerButton>
      </form>
      {own.reason !== null && <p className={classes.why}>{own.reason}</p>}
    </section>
  );
}
