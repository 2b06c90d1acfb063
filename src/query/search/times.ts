// Dates, durations and `now` as the search language writes them. Times are µs since the epoch.

/** Seconds in each unit. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400, w: 604_800 };
const DURATION = /^(\d+(?:\.\d+)?)(s|min|m|h|d|w)$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** Seconds behind `90s`, `15m` (or `15min`), `2h`, `7d`, `1w`; undefined: it is none. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNITS[unit as string] as number);
}

/** µs behind an ISO date, with or without a time; UTC where no zone is given. Undefined: it is none. */
export function readTime(text: string): number | undefined {
  const match = DATE.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000${offset}`);
  // The 31st of April is no day, though Date.parse may take it for the 1st of May.
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return Number.isNaN(millis) || !isDay ? undefined : millis * 1_000 + Number(fraction.padEnd(6, '0'));
}

/** The ISO form of a time, as short as it can be: what `readTime` reads back. */
export function timeText(micros: number): string {
  const millis = Math.floor(micros / 1_000);
  const iso = new Date(millis).toISOString();
  const fraction = `${iso.slice(20, 23)}${String(micros - millis * 1_000).padStart(3, '0')}`.replace(/0+$/, '');
  if (fraction !== '') return `${iso.slice(0, 19)}.${fraction}Z`;
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : `${iso.slice(0, 19)}Z`;
}
