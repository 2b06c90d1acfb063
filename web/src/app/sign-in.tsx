// Where there is no session: a key makes one.

import { Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { signIn } from '../api/client';
import { keys } from '../api/keys';
import { Logo } from './logo';
import classes from './sign-in.module.css';

export function SignIn(): ReactElement {
  const client = useQueryClient();
  const [key, setKey] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(key.trim());
      setError(null);
      await client.resetQueries({ queryKey: keys.info });
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1 className={classes.title}>Sign in</h1>
        <p className={classes.text}>
          Open the address that <code>xtrack serve</code> printed: it carries the key. Or paste a key here; <code>xtrack keys create</code>{' '}
          makes one.
        </p>
        <PasswordInput
          label="Key"
          size="sm"
          placeholder="xtk_…"
          autoComplete="off"
          spellCheck={false}
          value={key}
          error={error}
          data-autofocus
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <Button type="submit" size="sm" fullWidth loading={busy} disabled={key.trim() === ''}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
