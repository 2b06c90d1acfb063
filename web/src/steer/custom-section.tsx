// A command that only the script itself knows: its name and a payload.

import { Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { readObject } from './payload';
import type { SectionProps } from './section-props';
import classes from './steer.module.css';
import { SteerButton } from './steer-button';

export function CustomSection({ steering, able }: SectionProps): ReactElement {
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const read = readObject(text);
    setFault(read.fault);
    if (read.value === null) return;
    void steering.send('custom', { ...read.value, name: name.trim() });
    setText('');
  };
  return (
    <section className={classes.section} aria-label="Custom command">
      <details>
        <summary className={classes.keys}>Custom command</summary>
        <form className={classes.section} onSubmit={submit}>
          <TextInput
            size="xs"
            label="Name"
            description="As the script registered it: run.on_command(name, …)"
            maxLength={256}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            size="xs"
            label="Payload"
            placeholder='{"key": "value"}'
            autosize
            minRows={2}
            maxRows={8}
            value={text}
            error={fault}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <SteerButton type="submit" off={!able || name.trim() === ''}>
            Send
          </SteerButton>
        </form>
      </details>
    </section>
  );
}
