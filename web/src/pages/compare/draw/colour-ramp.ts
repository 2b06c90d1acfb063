// Colours for a number between least and most, for pictures of either scheme: evenly spaced to the eye, each readable on its background.

type Rgb = readonly [red: number, green: number, blue: number];

/** Least to most. From blue over violet to orange, which colour-blind eyes keep apart; each has 3:1 to its background (WCAG 2.2, 1.4.11). */
const STOPS: Readonly<Record<'light' | 'dark', readonly Rgb[]>> = {
  light: [
    [17, 70, 158],
    [109, 62, 176],
    [176, 48, 122],
    [200, 90, 10],
  ],
  dark: [
    [92, 164, 255],
    [178, 148, 255],
    [255, 134, 178],
    [255, 196, 92],
  ],
};

/** The colour at `share` of the way, 0 to 1; null where there is no value to colour by. */
export function rampColour(share: number, scheme: 'light' | 'dark'): string | null {
  if (Number.isNaN(share)) return null;
  const stops = STOPS[scheme];
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const at = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [stops[at] as Rgb, stops[at + 1] as Rgb];
  const mixed = from.map((one, channel) => Math.round(one + ((to[channel] as number) - one) * (place - at)));
  return `#${mixed.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
}

/** The whole ramp for a CSS gradient. */
export function rampGradient(scheme: 'light' | 'dark'): string {
  return `linear-gradient(to right, ${STOPS[scheme].map((stop) => `rgb(${stop.join(' ')})`).join(', ')})`;
}
