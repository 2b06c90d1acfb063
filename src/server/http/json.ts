// JSON as the API writes it: numbers that JSON has no form for are the strings "NaN", "Infinity" and "-Infinity".

export const JSON_TYPE = 'application/json; charset=utf-8';

export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'number' && !Number.isFinite(member) ? String(member) : member,
  );
}

/** A column of numbers. Written here, since a replacer would be asked about each of them. */
export function columnText(column: Float64Array): string {
  return column.every(Number.isFinite) ? JSON.stringify(Array.from(column)) : jsonText(Array.from(column));
}
