// A terminal line put together from coloured parts, cut to a width that the colours do not count in.

import { clip, textWidth } from './text.js';

export type Paint = (text: string) => string;

/** Text, and how it is coloured. The text itself is harmless and without colours. */
export type Part = readonly [text: string, paint?: Paint];

/** The parts side by side in at most `width` cells; what does not fit is cut off, colours stay whole. */
export function styled(parts: readonly Part[], width: number): string {
  let left = width;
  let line = '';
  for (const [text, paint] of parts) {
    if (left <= 0) break;
    const shown = clip(text, left);
    left -= textWidth(shown);
    line += paint === undefined || shown === '' ? shown : paint(shown);
  }
  return line;
}
