// A box to tick, as the browser has it: a table shows dozens, and each is drawn anew with every search.

import { type ChangeEvent, type MouseEvent, type ReactElement, useEffect, useRef } from 'react';
import classes from './components.module.css';

interface CheckBoxProps {
  readonly checked: boolean;
  readonly label: string;
  /** Some of what it stands for is ticked. */
  readonly mixed?: boolean;
  /** Knows whether Shift is held. */
  readonly onClick?: (event: MouseEvent) => void;
  readonly onChange?: (event: ChangeEvent) => void;
}

export function CheckBox({ checked, label, mixed = false, onClick, onChange = noop }: CheckBoxProps): ReactElement {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current !== null) box.current.indeterminate = mixed;
  }, [mixed]);
  return (
    <input
      ref={box}
      type="checkbox"
      className={classes.checkBox}
      checked={checked}
      aria-label={label}
      onClick={onClick}
      onChange={onChange}
    />
  );
}

/** The click has said all. */
function noop(): void {}
