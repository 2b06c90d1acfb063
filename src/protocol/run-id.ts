// What may name a run. Ids end up in URLs, file names and shells, so the alphabet is narrow.

import { XTrackError } from './errors.js';

/** Source of the pattern that the JSON Schema carries too. */
export const RUN_ID_PATTERN = '^(?!\\.{1,2}$)[A-Za-z0-9._:][A-Za-z0-9._:-]{0,127}$';

const runIdPattern = new RegExp(RUN_ID_PATTERN);

/** True for 1–128 characters of `A-Z a-z 0-9 . _ : -` that do not start with `-` and are not `.` or `..`. */
export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && runIdPattern.test(value);
}

/** Returns the run id unchanged. Throws XT_RUN_ID. */
export function assertRunId(value: unknown, field = 'runId'): string {
  if (isRunId(value)) return value;
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value;
  throw new XTrackError('XT_RUN_ID', { detail: `${shown} is not a run id`, field });
}
