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
