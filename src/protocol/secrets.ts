// Secrets, told by the name of a value or by the shape of a text: masked by the emitter before anything leaves its process, and by
// the control plane in the command lines that it records. The table is conformance/secrets.json, the same in every language.

import type { JsonValue } from './events.js';
import * as table from './secret-table.js';

export { MASK } from './secret-table.js';

/** True where XTRACK_MASK has this value: secrets are then recorded as they are. */
export function masksNothing(variable: string | undefined): boolean {
  return variable !== undefined && ['0', 'false', 'no', 'off'].includes(variable.toLowerCase());
}

type Verdict = 'yes' | 'no' | 'weak' | 'alone';

/** What a text holds at least in which anything is found: looked for first, since nearly all texts are harmless. */
const NAMED = /key|token|secret|pass|cred|auth|bearer|jwt|pwd/i;
const SHAPED = new RegExp(
  '-----BEGIN|://|[?&][A-Z]|[?&]sig|earer|asic|EARER|ASIC|sk-|[srp]k_|whsec_|gh[pousr]_|github_pat|gl[a-z]+-' +
    '|A[KSBC][IC]A|xox|xapp-|hf_|api_org_|AIza|ya29|GOCSPX|eyJ|npm_|pypi-|xtk_|nvapi-|gsk_|r8_|pplx-|xai-|fw_' +
    '|tvly-|lin_api_|dckr_|dop_v1|shpat_|sq0csp|SG[.]|hvs[.]|dapi|AGE-SECRET',
);
const WORDS = new RegExp(table.WORDS, 'g');
const PLAIN = new RegExp(table.PLAIN);
const NUMERIC = new RegExp(table.NUMERIC);
const SHORT = new Map([...table.SHORT].map(([name, pattern]) => [name, new RegExp(pattern)]));
const ALONE = new Map([...table.ALONE].map(([word, pattern]) => [word, new RegExp(pattern)]));
const SHAPES = table.SHAPES.map(([, pattern]) => ({ all: new RegExp(pattern, 'g'), whole: new RegExp(`^(?:${pattern})$`) }));
const FLAG_NAME = /^--?([A-Za-z][A-Za-z0-9_.-]*)$/;
/** UTF-16 units at the end of a name that count. */
const NAME_LENGTH = 512;
/** Names whose verdict is remembered. */
const REMEMBERED = 4096;

const verdicts = new Map<string, readonly [Verdict, string]>();

function verdictOf(name: string): readonly [Verdict, string] {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  if (verdicts.size >= REMEMBERED) verdicts.clear();
  const verdict = judge(name.slice(-NAME_LENGTH));
  verdicts.set(name, verdict);
  return verdict;
}

function judge(name: string): readonly [Verdict, string] {
  const words = (name.match(WORDS) ?? []).map((word) => word.toLowerCase());
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (last === '' || table.HARMLESS_LAST.has(last)) return ['no', last];
  if (words.some((word) => table.ALWAYS.has(word))) return ['yes', last];
  if (table.PLURAL.has(last)) return [table.BEFORE_PLURAL.has(before) ? 'weak' : 'no', last];
  if (!table.LAST.has(last)) return ['no', last];
  if (before === '') return ['alone', last];
  return [table.ORDINARY_BEFORE.get(last)?.has(before) === true ? 'no' : 'weak', last];
}

/** True when the text `value` of that name must not be shown; null is a container, whose texts are meant. */
export function isSecret(name: string, value: string | null): boolean {
  const [verdict, last] = verdictOf(name);
  if (verdict === 'no') return false;
  if (value === null) return verdict !== 'alone';
  if (PLAIN.test(value)) return false;
  if (verdict === 'yes') return true;
  if (NUMERIC.test(value)) return false;
  return verdict === 'weak' || ALONE.get(last)?.test(value) === true;
}

/** The mask, behind the public prefix of a key whose shape is known: so the reader knows which it was. */
function cover(value: string): string {
  for (const { whole } of SHAPES) {
    const found = whole.exec(value);
    if (found !== null) return `${found[1] ?? ''}${table.MASK}${found[2] ?? ''}`;
  }
  return table.MASK;
}

/** `text` with every known form of a key, and every password in an address, masked. */
export function maskedShapes(text: string): string {
  let shown = text;
  if (!SHAPED.test(text)) return text;
  // An unmatched group is undefined; behind the groups comes the place, a number.
  for (const { all } of SHAPES)
    shown = shown.replace(all, (_found, head: string, tail: unknown) => `${head}${table.MASK}${typeof tail === 'string' ? tail : ''}`);
  return shown;
}

/** `text` with every key, password in an address, `NAME=VALUE` and `--name VALUE` of a secret name masked. */
export function maskedText(text: string): string {
  const shown = maskedShapes(text);
  return NAMED.test(shown) ? assigned(assigned(shown, table.ASSIGNMENT), table.FLAG) : shown;
}

/** Groups of the pattern: all before the value, the name, the value in its quotes. */
function assigned(text: string, pattern: string): string {
  const search = new RegExp(pattern, 'g');
  let shown = '';
  let done = 0;
  for (let found = search.exec(text); found !== null; found = search.exec(text)) {
    const [all, head = '', name = '', value = ''] = found;
    const quote = value.length > 1 && /^["']/.test(value) && value[0] === value.at(-1) ? value[0] : '';
    if (isSecret(name, quote === '' ? value : value.slice(1, -1))) {
      shown += `${text.slice(done, found.index + head.length)}${quote}${table.MASK}${quote}`;
      done = found.index + all.length;
      search.lastIndex = done;
    } else search.lastIndex = found.index + head.length; // the value may hold assignments of its own
  }
  return done === 0 ? text : shown + text.slice(done);
}

/** JSON data with its secrets masked, by `name` and by the keys inside; `onMask` hears the name of each. Numbers, booleans and null are never masked. */
export function maskedValue(value: JsonValue, name: string, onMask: (name: string) => void, within = false): JsonValue {
  if (typeof value === 'string') {
    const hidden = within && !PLAIN.test(value);
    const shown = hidden || (name !== '' && isSecret(name, value)) ? cover(value) : maskedText(value);
    if (shown !== value) onMask(name);
    return shown;
  }
  if (typeof value !== 'object' || value === null) return value;
  const inside = within || (name !== '' && isSecret(name, null));
  if (Array.isArray(value)) return value.map((item: JsonValue) => maskedValue(item, name, onMask, inside));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskedValue(item as JsonValue, key, onMask, inside)]));
}

/** The words of a command line: `--name VALUE` in two of them, `-p VALUE` where it looks made up, and everything that one of them holds. */
export function maskedArgv(argv: readonly string[]): string[] {
  let name = '';
  return argv.map((word) => {
    if (name !== '' && !word.startsWith('-') && (isSecret(name, word) || SHORT.get(name)?.test(word) === true)) {
      name = '';
      return cover(word);
    }
    name = FLAG_NAME.exec(word)?.[1] ?? '';
    return maskedText(word);
  });
}
