// Options of the form KEY=VALUE that may be given several times.

import { XTrackError } from '../index.js';

/** An option parser for commander that gathers `KEY=VALUE` pairs; the last value of a key wins. Throws XT_ARGUMENT. */
export function gatherPairs(option: string): (text: string, gathered: Map<string, string> | undefined) => Map<string, string> {
  return (text, gathered = new Map()) => {
    const at = text.indexOf('=');
    if (at < 1) throw new XTrackError('XT_ARGUMENT', { detail: `${text} is not of the form KEY=VALUE`, field: option });
    return gathered.set(text.slice(0, at), text.slice(at + 1));
  };
}

/** An option parser for commander: a number of at least `least`. Throws XT_ARGUMENT. */
export function numberFrom(option: string, least: number, whole = true): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= least && (!whole || Number.isInteger(value))) return value;
    throw new XTrackError('XT_ARGUMENT', { detail: `${text} is not a ${whole ? 'whole ' : ''}number of at least ${least}`, field: option });
  };
}
