// Params of the running training: the knobs that it declared, and any other by name. What is changed is sent together, all or nothing.

import { Textarea } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import type { JsonValue } from '../../../src/protocol/events.js';
import { commandAvailability } from './availability';
import { KnobField } from './knob-field';
import { knobFault } from './knob-scale';
import { type Payload, readParams } from './payload';
import type { SectionProps } from './section-props';
import classes from './steer.module.css';
import { SteerButton } from './steer-button';

export function KnobSection({ run, steering, able }: SectionProps): ReactElement {
  const own = commandAvailability('update_params', run, steering.commands);
  const off = !able || !own.able;
  const send = (params: Payload): void => void steering.send('update_params', { params });
  return (
    <section className={classes.section} aria-label="Params">
      <h3>Params</h3>
      {own.reason !== null && <p className={classes.why}>{own.reason}</p>}
      <Knobs knobs={run.knobs} off={off} onSend={send} />
      <FreeParams off={off} onSend={send} />
    </section>
  );
}

interface KnobsProps {
  readonly knobs: SectionProps['run']['knobs'];
  readonly off: boolean;
  readonly onSend: (params: Payload) => void;
}

function Knobs({ knobs, off, onSend }: KnobsProps): ReactElement | null {
  const [wanted, setWanted] = useState<ReadonlyMap<string, JsonValue>>(new Map());
  if (knobs.length === 0) return <p className={classes.why}>This training declares no knobs (run.knob(…)).</p>;
  const choose = (name: string, value: JsonValue | undefined): void =>
    setWanted((before) => {
      const next = new Map(before);
      if (value === undefined) next.delete(name);
      else next.set(name, value);
      return next;
    });
  const faulty = knobs.some((knob) => isFaulty(knob, wanted.get(knob.name)));
  const apply = (event: FormEvent): void => {
    event.preventDefault();
    onSend(Object.fromEntries(wanted));
    setWanted(new Map());
  };
  return (
    <form className={classes.section} onSubmit={apply}>
      {knobs.map((knob) => (
        <KnobField key={knob.name} knob={knob} wanted={wanted.get(knob.name)} onChange={(value) => choose(knob.name, value)} />
      ))}
      <SteerButton type="submit" off={off || faulty || wanted.size === 0}>
        {wanted.size > 1 ? `Apply ${wanted.size} changes` : 'Apply'}
      </SteerButton>
    </form>
  );
}

function isFaulty(knob: KnobsProps['knobs'][number], value: JsonValue | undefined): boolean {
  return typeof value === 'number' && knobFault(value, knob) !== null;
}

function FreeParams({ off, onSend }: Pick<KnobsProps, 'off' | 'onSend'>): ReactElement {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readParams(text);
    setFault(read.fault);
    if (read.value === null) return;
    onSend(read.value);
    setText('');
  };
  return (
    <details>
      <summary className={classes.keys}>Any other param</summary>
      <form className={classes.section} onSubmit={submit}>
        <Textarea
          size="xs"
          aria-label="Params, one key=value a line or a JSON object"
          placeholder={'batch_size=64\nmode="fast"'}
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SteerButton type="submit" off={off}>
          Send
        </SteerButton>
      </form>
    </details>
  );
}
