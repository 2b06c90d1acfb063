// What was pressed, out of the bytes that a terminal in raw mode sends.

const NAMES: ReadonlyMap<string, string> = new Map([
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[B', 'down'],
  ['\u001bOB', 'down'],
  ['\u001b[5~', 'pageup'],
  ['\u001b[6~', 'pagedown'],
  ['\u001b[H', 'home'],
  ['\u001b[1~', 'home'],
  ['\u001b[F', 'end'],
  ['\u001b[4~', 'end'],
  ['\u001b', 'escape'],
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'interrupt'],
  ['\u0015', 'clear'],
]);

// Sequences first, then one character each.
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals send them
const KEY = /\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[\s\S]/gu;

/** A key by its name (`up`, `enter`, `escape` …) or the character that it types. Sequences of other keys are left out. */
export function keysIn(typed: string): string[] {
  return [...typed.matchAll(KEY)].flatMap(([key]) => NAMES.get(key) ?? (/^\p{Cc}/u.test(key) ? [] : key));
}
