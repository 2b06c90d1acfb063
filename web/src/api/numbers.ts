// NaN and the infinities travel in JSON as strings; here they become numbers again.

/** A number as the API writes it; anything else is NaN. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  return value === '-Infinity' ? Number.NEGATIVE_INFINITY : Number.NaN;
}

/** A column of them, in place: columns are long, and nobody else holds them. */
export function toNumbers(column: unknown[]): number[] {
  for (let at = 0; at < column.length; at++) if (typeof column[at] !== 'number') column[at] = toNumber(column[at]);
  return column as number[];
}

/** A value that may be text: only what stands for a number becomes one. */
export function reviveValue<T>(value: T): T | number {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? toNumber(value) : value;
}

/** The values of a record. */
export function reviveRecord(record: Readonly<Record<string, unknown>> | null): Record<string, number> | null {
  return record === null ? null : Object.fromEntries(Object.entries(record).map(([key, value]) => [key, toNumber(value)]));
}
