// Numbers that a double does not hold: those that overflow it, and integers that it rounds. The frame's bytes keep them as they are.

import type { FieldWarning } from './conform.js';

/** A string, or a number. */
const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/** What to say of the first number in the JSON text that is not what was written; `inText`: decimal strings count. */
export function oddNumber(text: string, inText: boolean): FieldWarning | undefined {
  for (const [token] of text.matchAll(TOKEN)) {
    if (token[0] === '"' && !inText) continue;
    const written = token[0] === '"' ? token.slice(1, -1) : token;
    if (token[0] === '"' && !LONG_INTEGER.test(written)) continue;
    const found = judge(written);
    if (found !== undefined) return found;
  }
  return undefined;
}

function judge(written: string): FieldWarning | undefined {
  const number = Number(written);
  const shown = written.length > 48 ? `${written.slice(0, 48)}…` : written;
  if (!Number.isFinite(number))
    return { code: 'XT_NUMBER_OVERFLOW', field: 'p', detail: `${shown} is beyond what a double holds: it is read as ${number}` };
  if (!LONG_INTEGER.test(written) || BigInt(written) === BigInt(number)) return undefined;
  return { code: 'XT_NUMBER_INEXACT', field: 'p', detail: `${shown} is read as ${BigInt(number)}` };
}
