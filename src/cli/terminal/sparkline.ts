// A series in one line of eight heights, newest at the right.

const HEIGHTS = '▁▂▃▄▅▆▇█';
const NOT_A_NUMBER = '·';

/** At most `width` characters; more values than that are averaged in groups, so that the whole shape shows. */
export function sparkline(values: readonly number[], width: number): string {
  if (width < 1 || values.length === 0) return '';
  const shown = values.length > width ? condense(values, width) : values;
  const finite = shown.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  return shown.map((value) => heightOf(value, low, span)).join('');
}

function heightOf(value: number, low: number, span: number): string {
  if (!Number.isFinite(value)) return NOT_A_NUMBER;
  // A span that is not above zero: one value, or all the same. A span past the largest double: no ratio to show.
  if (!(span > 0) || !Number.isFinite(span)) return HEIGHTS[3] as string;
  return HEIGHTS[Math.min(7, Math.floor(((value - low) / span) * 8))] as string;
}

function condense(values: readonly number[], groups: number): number[] {
  const means: number[] = [];
  for (let group = 0; group < groups; group += 1) {
    const members = values.slice(Math.floor((group * values.length) / groups), Math.floor(((group + 1) * values.length) / groups));
    const finite = members.filter(Number.isFinite);
    means.push(finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value / finite.length, 0));
  }
  return means;
}
