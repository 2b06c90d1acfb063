// A key or a chord, as it stands on the keyboard: `mod+k` is ⌘K on a Mac and Ctrl K elsewhere.

import type { ReactElement } from 'react';
import classes from '../components.module.css';

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);
const NAMES: Readonly<Record<string, string>> = {
  mod: MAC ? '⌘' : 'Ctrl',
  shift: MAC ? '⇧' : 'Shift',
  enter: '↵',
  escape: 'Esc',
  up: '↑',
  down: '↓',
};

export function KeyHint({ keys }: { readonly keys: string }): ReactElement {
  const parts = keys.split('+').map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part));
  return (
    <span className={classes.keys}>
      {parts.map((part) => (
        <kbd key={part} className={classes.key}>
          {part}
        </kbd>
      ))}
    </span>
  );
}
