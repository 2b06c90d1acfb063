// JSON that unfolds; long lists show their beginning.

import type { ReactElement } from 'react';
import type { JsonValue } from '../../../../../src/protocol/events.js';
import classes from './artifacts.module.css';

/** Members of one list or object that are shown. */
const MOST_SHOWN = 200;
/** Levels that are open at first. */
const OPEN_LEVELS = 2;

interface JsonTreeProps {
  readonly label?: string;
  readonly value: JsonValue;
  readonly level?: number;
}

export function JsonTree({ label, value, level = 0 }: JsonTreeProps): ReactElement {
  const key = label === undefined ? null : <span className={classes.jsonKey}>{label}: </span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={classes.json}>
        {key}
        {JSON.stringify(value)}
      </div>
    );
  }
  const members = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return (
    <div className={classes.json}>
      <details open={level < OPEN_LEVELS && members.length <= MOST_SHOWN}>
        <summary>
          {key}
          {open} {members.length} {close}
        </summary>
        {members.slice(0, MOST_SHOWN).map(([name, member]) => (
          <div key={name}>
            <JsonTree label={name} value={member as JsonValue} level={level + 1} />
          </div>
        ))}
        {members.length > MOST_SHOWN && <div>… {members.length - MOST_SHOWN} more</div>}
      </details>
    </div>
  );
}
