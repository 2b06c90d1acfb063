// Colours of curves: distinct for colour-blind eyes too (after Okabe and Ito, "Color universal design", 2008), each with 3:1 contrast to
// the background of its scheme (WCAG 2.2, 1.4.11). Neighbours differ in lightness as well; behind the twelfth, dashes tell them apart.

export type ColourScheme = 'light' | 'dark';

const LIGHT = [
  '#0072b2',
  '#d55e00',
  '#00805f',
  '#a8326f',
  '#2b8cc4',
  '#8a5a00',
  '#5b3fa0',
  '#b8860b',
  '#00555c',
  '#e0457b',
  '#5f7d00',
  '#555f6b',
] as const;

const DARK = [
  '#56b4e9',
  '#ff8c42',
  '#2fd0a0',
  '#e58fc0',
  '#4f8fe0',
  '#f0c84b',
  '#b39df3',
  '#c98a2b',
  '#5fd3dc',
  '#ff6f91',
  '#b5d334',
  '#b8c2cc',
] as const;

/** How many there are before dashes begin. */
export const COLOURS = LIGHT.length;

/** The colour of the nth curve; it starts over behind the last. */
export function seriesColour(index: number, scheme: ColourScheme): string {
  const palette = scheme === 'dark' ? DARK : LIGHT;
  return palette[index % palette.length] as string;
}

/** True for curves that share their colour with an earlier one. */
export function isDashed(index: number): boolean {
  return Math.floor(index / COLOURS) % 2 === 1;
}
