// Copies a text, and says that it did.

import { type ReactElement, useEffect, useState } from 'react';
import classes from './components.module.css';
import { Icon } from './icon';

const SHOWN_MS = 1_500;

export function CopyButton({ value, label }: { readonly value: string; readonly label: string }): ReactElement {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async (): Promise<void> => {
    setDone(await copied(value));
  };
  return (
    <button
      type="button"
      className={classes.copy}
      data-done={done || undefined}
      title={done ? 'Copied' : label}
      aria-label={done ? 'Copied' : label}
      onClick={() => void copy()}
    >
      <Icon name={done ? 'check' : 'copy'} size={14} />
    </button>
  );
}

/** Without TLS a page beyond loopback has no clipboard: the older way then. */
async function copied(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = value;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
