// What a script printed, without the keys in it. Only known forms of keys are masked: names mean little in a text that anybody prints, and
// most of what looks like `token=…` there is none.

import { MASK, maskedShapes } from '../protocol/secrets.js';

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
