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
  const rowsOf = async (path: string, from: number): Promise<string[]> => {
    if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep) || path.includes(`${sep}..${sep}`)) return [];
    const rows = await pendingRows(path, from).catch(() => []);
    return process.unmasked === true ? rows : rows.map(maskedLines());
  };
  const [stdout, stderr] = await Promise.all([rowsOf(process.stdoutPath, captured.stdout), rowsOf(process.stderrPath, captured.stderr)]);
  return { stdout, stderr };
}

async function pendingRows(path: string, from: number): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - MOST_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, Math.max(0, size - start), start);
    const screen = new Screen(start);
    for (let at = 0; at < bytesRead; ) {
      const newline = buffer.indexOf(NEWLINE, at);
      const end = newline < 0 || newline >= bytesRead ? bytesRead : newline + 1;
      screen.write(buffer.toString('utf8', at, end), start + end, 0);
      at = end;
    }
    return screen.pending;
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
