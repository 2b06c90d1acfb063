// What a tool answers: JSON that an agent can afford to read, with a word on what was left out and how to ask for it.

/** Characters of an answer, about 8,000 tokens. */
const MOST_CHARACTERS = 30_000;
/** A text longer than this is cut where the whole is too large. */
const LONG_TEXT = 600;
/** Lists named as cut. */
const MOST_CUTS = 8;

export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** How to ask for what does not fit: `offset and limit page through the rest`. */
  readonly rest: string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The answer as JSON text of at most `most` characters: the largest lists in it lose their ends, and `cut` says so. */
export function answerText({ body, rest }: Answer, most: number = MOST_CHARACTERS): string {
  const whole = toJson(body);
  if (whole.length <= most) return whole;
  const copy = shortTexts(JSON.parse(whole) as Json) as { [key: string]: Json };
  const lengths = new Map<string, number>();
  const room = most - 1_000 - rest.length;
  while (sizeOf(copy) > room && halveLargest(copy, lengths));
  const cut = [...lengths].slice(0, MOST_CUTS).map(([path, length]) => `${path}: ${countOf(copy, path)} of ${length} shown`);
  return toJson({ ...copy, cut: cut.length === 0 ? ['long texts are cut off'] : cut, rest });
}

/** Maps as objects, NaN and the infinities as the protocol's strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (member instanceof Map) return Object.fromEntries(member);
    return typeof member === 'number' && !Number.isFinite(member) ? String(member) : member;
  });
}

/** A measured value to seven significant digits: more is noise that an agent pays for. */
export function short(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(7));
}

function sizeOf(value: Json): number {
  return JSON.stringify(value).length;
}

function shortTexts(value: Json): Json {
  if (typeof value === 'string') return value.length <= LONG_TEXT ? value : `${value.slice(0, LONG_TEXT)}… (${value.length} characters)`;
  if (Array.isArray(value)) return value.map(shortTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shortTexts(member)]));
}

type Collection = Json[] | { [key: string]: Json };

/** Takes the second half of the collection that the size comes from. False where nothing is left to take. */
function halveLargest(root: { [key: string]: Json }, lengths: Map<string, number>): boolean {
  let at: Collection = root;
  let path = '';
  for (;;) {
    const children = collectionsIn(at);
    const [key, child] = children.reduce<readonly [string, Collection | undefined, number]>(
      (most, [name, one]) => {
        const size = sizeOf(one);
        return size > most[2] ? [name, one, size] : most;
      },
      ['', undefined, -1],
    );
    const deeper = child !== undefined && entryCount(child) > 0 && (at === root || sizeOf(child) * 2 > sizeOf(at) || entryCount(at) < 2);
    if (!deeper) break;
    at = child;
    path = path === '' ? key : `${path}.${key}`;
  }
  const count = entryCount(at);
  if (at === root || count === 0) return false;
  if (!lengths.has(path)) lengths.set(path, count);
  keepFirst(at, Math.floor(count / 2));
  return true;
}

function collectionsIn(value: Collection): [string, Collection][] {
  return Object.entries(value).filter((entry): entry is [string, Collection] => typeof entry[1] === 'object' && entry[1] !== null);
}

function entryCount(value: Collection): number {
  return Object.keys(value).length;
}

function keepFirst(value: Collection, count: number): void {
  if (Array.isArray(value)) value.length = count;
  else for (const key of Object.keys(value).slice(count)) delete value[key];
}

function countOf(root: Json, path: string): number {
  let at: Json | undefined = root;
  for (const key of path.split('.')) at = (at as { [key: string]: Json } | undefined)?.[key];
  return typeof at === 'object' && at !== null ? Object.keys(at).length : 0;
}
