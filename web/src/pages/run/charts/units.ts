// The unit of a metric as far as its name tells it.

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/_?bytes_per_s$/, 'B/s'],
  [/_?bytes$/, 'B'],
  [/_?(percent|pct)$/, '%'],
  [/_?celsius$/, '°C'],
  [/_?watts?$/, 'W'],
  [/_?seconds$/, 's'],
  [/_ms$/, 'ms'],
];

export function unitOf(key: string): string {
  return ENDINGS.find(([ending]) => ending.test(key))?.[1] ?? '';
}
