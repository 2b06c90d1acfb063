// Numbers, sizes, spans and times as the page writes them. All of it is plain text, the same in every language setting.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** ms by which two machines' clocks differ every day: no remark is made of it. */
const CLOCKS_APART = 5_000;

/** Up to five significant digits, thousands apart, exponents where a number is very large or small: `0.00012345`, `1,204`, `3.1e-9`. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return minus(value.toLocaleString('en'));
  if (size >= 1e6 || size < 1e-4) return minus(trimmed(value.toExponential(3)));
  return minus(size >= 1e4 ? value.toLocaleString('en', { maximumFractionDigits: 1 }) : String(Number(value.toPrecision(5))));
}

/** A setting as it was given: it is no measurement, and its last digit may be what tells two runs apart. */
export function formatParam(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  return Number.isInteger(value) && Math.abs(value) < 1e24 ? BigInt(value).toString() : String(value);
}

/** As formatNumber, with its zeros at the end, so that numbers below one another line up. */
export function formatAligned(value: number): string {
  const size = Math.abs(value);
  return Number.isInteger(value) || size >= 1e4 || size < 1e-4 || !Number.isFinite(value)
    ? formatNumber(value)
    : minus(value.toPrecision(5));
}

/** `1.200e-9` as `1.2e-9`. */
function trimmed(text: string): string {
  return text.replace(/\.?0+e/, 'e').replace('e+', 'e');
}

function minus(text: string): string {
  return text.replace(/^-/, '−');
}

/** Marks that turn the direction of a text around: a name with one reads as another. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A name as it is written, letter by letter. */
export function plainName(name: string): string {
  return name.replace(TURNING, '');
}

/** `1,204` */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** `1 run`, `1,204 runs` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Two units at most: `850 ms`, `4.2 s`, `3m 07s`, `2h 05m`, `4d 3h`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  const span = Math.max(0, ms);
  if (span < 1_000) return `${Math.round(span)} ms`;
  if (span < 9_950) return `${(span / 1_000).toFixed(1)} s`;
  if (Math.round(span / 1_000) < 60) return `${Math.round(span / 1_000)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)}m ${padded((span % MINUTE) / 1_000)}s`;
  if (span < DAY) return `${Math.floor(span / HOUR)}h ${padded((span % HOUR) / MINUTE)}m`;
  return `${Math.floor(span / DAY)}d ${Math.floor((span % DAY) / HOUR)}h`;
}

function padded(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

/** `4.2 MiB` */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** Local date and time to the second: `2026-01-31 14:03:22`. */
export function formatTime(iso: string | null | undefined): string {
  if (iso === null || iso === undefined) return '–';
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '–';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** How long ago, in one unit: `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, and the date behind 30 days; what is to come: `in 3 h`. */
export function formatAgo(iso: string | null | undefined, now: number): string {
  if (iso === null || iso === undefined) return '–';
  const span = now - Date.parse(iso);
  if (Number.isNaN(span)) return '–';
  if (Math.abs(span) < (span < 0 ? CLOCKS_APART : 2_000)) return 'now';
  if (Math.abs(span) >= 30 * DAY) return formatTime(iso).slice(0, 10);
  const size = inOneUnit(Math.abs(span));
  return span < 0 ? `in ${size}` : `${size} ago`;
}

function inOneUnit(span: number): string {
  if (span < MINUTE) return `${Math.floor(span / 1_000)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  return span < DAY ? `${Math.floor(span / HOUR)} h` : `${Math.floor(span / DAY)} d`;
}
