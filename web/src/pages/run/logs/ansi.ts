// Log lines as plain text: what a terminal would have shown, without its control sequences.

// ECMA-48, as introduced by ESC and a second byte, or by one byte of the upper half.
const ESC = '\u001b';
const BEL = '\u0007';
/** Ends a string that the terminal takes for itself. */
const ST = '\u009c';
/** OSC, DCS, SOS, PM and APC: a title, a link. */
const STRING = `(?:${ESC}[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^${BEL}${ESC}${ST}]*(?:${BEL}|${ESC}\\\\|${ST}|$)`;
/** Colours, cursor moves, erasing. */
const CONTROL_SEQUENCE = `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`;
const OTHER = `${ESC}[ -/]*[0-~]?`;
const SEQUENCES = new RegExp([STRING, CONTROL_SEQUENCE, OTHER].join('|'), 'g');

/** Control characters but tab and line break, and the marks that turn the direction of text around. */
const HIDDEN = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const ANY_HIDDEN = new RegExp(HIDDEN.source, 'u');

/** The text without escape sequences and control characters; of a line redrawn with carriage returns (a progress bar), the last state. */
export function stripAnsi(text: string): string {
  if (!ANY_HIDDEN.test(text)) return text;
  return text.replace(SEQUENCES, '').split('\n').map(lastDrawn).join('\n').replace(HIDDEN, '');
}

function lastDrawn(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r').findLast((part) => part !== '') ?? '';
}

/** A stretch of a line in one look. `colour`: 0 to 15 of a terminal. */
export interface StyledPart {
  readonly text: string;
  readonly colour: number | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

type Look = Omit<StyledPart, 'text'>;

const PLAIN: Look = { colour: null, bold: false, dim: false, italic: false, underline: false };
const LOOKS = new RegExp(`${ESC}\\[([0-9;]*)m`, 'g');
/** Stretches of one line; behind them it has one look. */
const MOST_PARTS = 500;

/** A line in its colours, as the codes in it say; everything else that a terminal obeys is taken away. */
export function styledParts(text: string): StyledPart[] {
  if (!text.includes(ESC)) return [{ ...PLAIN, text: stripAnsi(text) }];
  const parts: StyledPart[] = [];
  let [look, from] = [PLAIN, 0];
  const push = (end: number): void => {
    const shown = stripAnsi(text.slice(from, end));
    if (shown !== '') parts.push({ ...look, text: shown });
  };
  for (const found of text.matchAll(LOOKS)) {
    if (parts.length >= MOST_PARTS) break;
    push(found.index);
    look = lookAfter(look, found[1] ?? '');
    from = found.index + found[0].length;
  }
  push(text.length);
  return parts;
}

function lookAfter(before: Look, codes: string): Look {
  const numbers = (codes === '' ? '0' : codes).split(';').map(Number);
  let look = before;
  for (let at = 0; at < numbers.length; ) {
    const [change, length] = changeAt(numbers, at);
    look = { ...look, ...change };
    at += length;
  }
  return look;
}

/** What the code at a place changes, and how many numbers it has. */
function changeAt(numbers: readonly number[], at: number): readonly [Partial<Look>, number] {
  const code = numbers[at] ?? 0;
  if (code !== 38 && code !== 48) return [changeOf(code), 1];
  // One of 256 or of 16 million: those of the first 16 are shown, others stand for text as it is.
  const isIndexed = numbers[at + 1] === 5;
  const index = isIndexed ? (numbers[at + 2] ?? 16) : 16;
  return [code === 38 ? { colour: index < 16 ? index : null } : {}, isIndexed ? 3 : 5];
}

function changeOf(code: number): Partial<Look> {
  if (code === 0) return PLAIN;
  if (code >= 30 && code <= 37) return { colour: code - 30 };
  if (code >= 90 && code <= 97) return { colour: code - 90 + 8 };
  return CHANGES[code] ?? {};
}

const CHANGES: Readonly<Record<number, Partial<Look>>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  39: { colour: null },
};
