// What may come next in the search, below the place where it would stand.

import { type ReactElement, useEffect, useRef } from 'react';
import type { Completion } from '../../../../../src/query/search/complete.js';
import classes from '../search.module.css';

interface SearchOptionsProps {
  readonly id: string;
  readonly options: readonly Completion[];
  readonly chosen: number | null;
  /** px */
  readonly left: number;
  readonly onChoose: (at: number) => void;
}

export function SearchOptions({ id, options, chosen, left, onChoose }: SearchOptionsProps): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen !== null) list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div
      id={id}
      ref={list}
      role="listbox"
      aria-label="What may come next"
      className={classes.options}
      style={{ left }}
      hidden={options.length === 0}
    >
      {options.map(({ text, kind }, at) => (
        <div
          key={`${kind} ${text}`}
          id={`${id}-${at}`}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          className={classes.option}
          // The input keeps the focus.
          onMouseDown={(event) => {
            event.preventDefault();
            onChoose(at);
          }}
        >
          <span className={classes.optionText}>{text}</span>
          <span className={classes.optionKind}>{kind}</span>
        </div>
      ))}
    </div>
  );
}
