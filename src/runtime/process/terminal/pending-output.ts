// What a process has printed that is no line of the log yet: its progress bars as they are now. Read from its files, so that whoever asks
// (a page, a command line in another process) is answered alike.

import { open } from 'node:fs/promises';
import { sep } from 'node:path';
import { MASK, maskedShapes } from '../../../protocol/secrets.js';
import type { ProcessRecord } from '../../../storage/store.js';
import { Screen } from './screen.js';

/** Rows of each stream, from the top; colours are codes of a terminal (`ESC [ 32 m`). */
export interface PendingOutput {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Bytes from the end that are looked at: what a bar drew before that is drawn over. */
const MOST_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** `captured`: bytes that are lines already. `folder`: files elsewhere are not read. */
export async function pendingOutput(
  process: ProcessRecord,
  captured: { readonly stdout: number; readonly stderr: number },
  folder: string,
): Promise<PendingOutput> {
  const rowsOf = async (path: string, from: number): Promise<readonly string[]> => {
    if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep) || path.includes(`${sep}..${sep}`)) return [];
    const { before, rows } = await pendingRows(path, from).catch(() => NOTHING);
    if (process.unmasked === true) return rows;
    // A private key goes over several lines: it may have begun before these.
    const masked = maskedLines();
    for (const line of before) masked(line);
    return rows.map(masked);
  };
  const [stdout, stderr] = await Promise.all([rowsOf(process.stdoutPath, captured.stdout), rowsOf(process.stderrPath, captured.stderr)]);
  return { stdout, stderr };
}

interface Pending {
  /** Lines before the rows, as far as they bear on what is masked. */
  readonly before: readonly string[];
  readonly rows: readonly string[];
}

const NOTHING: Pending = { before: [], rows: [] };
/** Bytes of lines before the rows: more than the longest private key. */
const KEY_BYTES = 32 * 1024;

async function pendingRows(path: string, from: number): Promise<Pending> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size <= from) return NOTHING;
    const start = Math.max(from, size - MOST_BYTES);
    const first = Math.max(0, start - KEY_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - first), 0, size - first, first);
    const screen = new Screen(start);
    for (let at = start - first; at < bytesRead; ) {
      const newline = buffer.indexOf(NEWLINE, at);
      const end = newline < 0 || newline >= bytesRead ? bytesRead : newline + 1;
      screen.write(buffer.toString('utf8', at, end), first + end, 0);
      at = end;
    }
    return { before: buffer.toString('utf8', 0, start - first).split('\n'), rows: screen.pending };
  } finally {
    await file.close();
  }
}

// What a script printed, without the keys in it. Only known forms of keys are masked: names mean little in a text that anybody prints, and
// most of what looks like `token=…` there is none.

const KEY_BEGINS = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_ENDS = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
/** Lines of the longest private key; a beginning without an end hides no more than that. */
const MOST_LINES = 200;

/** Masks the lines of one stream, in their order: a private key goes over several. */
export function maskedLines(): (line: string) => string {
  let left = 0;
  return (line) => {
    if (left > 0) {
      left = KEY_ENDS.test(line) ? 0 : left - 1;
      return MASK;
    }
    if (KEY_BEGINS.test(line) && !KEY_ENDS.test(line)) left = MOST_LINES;
    return maskedShapes(line);
  };
}
