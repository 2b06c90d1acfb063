// Whether a key press is what a shortcut names.

export interface KeyPress {
  /** As the browser names it: `k`, `K`, `?`, `ArrowDown`. */
  readonly key: string;
  /** Ctrl, or ⌘. */
  readonly mod: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
}

const NAMES: Readonly<Record<string, string>> = { ArrowUp: 'up', ArrowDown: 'down', ' ': 'space' };

/** `prefix`: the key pressed just before, for sequences such as `g r`. */
export function matchKeys(keys: string, press: KeyPress, prefix: string | null): boolean {
  if (press.alt) return false;
  const [first = '', second] = keys.split(' ');
  if (second !== undefined) return prefix === first && matchOne(second, press);
  return matchOne(first, press);
}

function matchOne(keys: string, { key, mod, shift }: KeyPress): boolean {
  const parts = keys.split('+');
  const wanted = parts.at(-1) ?? '';
  const name = NAMES[key] ?? key.toLowerCase();
  const letter = /^[a-z]$/.test(wanted) || wanted.length > 1;
  // For signs such as `?`, whether Shift is held hangs on the keyboard.
  return name === wanted && parts.includes('mod') === mod && (!letter || parts.includes('shift') === shift);
}
