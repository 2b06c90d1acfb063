// Numbers that JSON cannot carry: non-finite values travel as strings, integers beyond 2^53 as decimal strings.

/** An integer as text: what emitters write beyond 2^53. 309 digits reach the end of the double range. */
export const DECIMAL_PATTERN = '^-?(?:0|[1-9][0-9]{0,308})$';

const decimalPattern = new RegExp(DECIMAL_PATTERN);

/** The protocol's strings for non-finite numbers. */
export const NON_FINITE = ['NaN', 'Infinity', '-Infinity'] as const;

/** Set when a decimal string was read that a double may not hold exactly. */
export const reading = { unsafe: false };

/** Number behind a wire value (a JSON number, a decimal string, a non-finite string), or undefined. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (!decimalPattern.test(value)) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) reading.unsafe = true;
  return number;
}

/** Finite number behind a wire value, or undefined. */
export function readFinite(value: unknown): number | undefined {
  const number = readNumber(value);
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}

/** Integer behind a wire value, or undefined. Beyond 2^53 it is the nearest double: the frame's bytes keep the exact one. */
export function readInteger(value: unknown): number | undefined {
  const number = readNumber(value);
  return Number.isInteger(number) ? number : undefined;
}

/** Wire form of a number as JSON text; keeps -0. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return `"${value}"`;
}

/** Wire form of an integer as JSON text: a decimal string beyond 2^53. */
export function integerText(value: number): string {
  return Number.isSafeInteger(value) || !Number.isInteger(value) ? numberText(value) : `"${BigInt(value)}"`;
}

/** Wire form of a number as a JSON value: a non-finite one becomes its string, and so does -0, which JSON.stringify would lose. */
export function wireNumber(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

/** Wire form of an integer as a JSON value. */
export function wireInteger(value: number): number | string {
  return Number.isSafeInteger(value) || !Number.isInteger(value) ? value : BigInt(value).toString();
}
