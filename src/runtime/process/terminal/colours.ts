// The colours in force, as the codes of a terminal (`1;32`).

/** Codes that are kept at once. */
const MOST_CODES = 16;
/** Changes of colour that are remembered, and the longest of them. */
const MOST_STYLES = 1_000;
const LONGEST = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys
const COLOUR = /^\u001b\[([0-9;]*)m$/;

/** Remembers what codes come of codes: a script uses few. */
export class Colours {
  readonly #known = new Map<string, string>();

  after(style: string, sequence: string): string {
    const key = style + sequence;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const parameters = COLOUR.exec(sequence)?.[1];
    const made = parameters === undefined ? style : styled(style, parameters);
    if (this.#known.size >= MOST_STYLES) this.#known.clear();
    if (key.length <= LONGEST) this.#known.set(key, made);
    return made;
  }
}

/** The codes in force after these: `0` and none end all before them. */
function styled(style: string, parameters: string): string {
  const codes = `${style};${parameters === '' ? '0' : parameters}`.split(';').filter((code) => code !== '');
  // 38;5;0 is a colour, and no end of one.
  const lastReset = codes.findLastIndex((code, at) => Number(code) === 0 && !isOfColour(codes, at));
  return codes
    .slice(lastReset + 1)
    .slice(-MOST_CODES)
    .join(';');
}

function isOfColour(codes: readonly string[], at: number): boolean {
  for (let start = Math.max(0, at - 4); start < at; start++) {
    if (codes[start] !== '38' && codes[start] !== '48') continue;
    if (at <= start + (codes[start + 1] === '2' ? 4 : 2)) return true;
  }
  return false;
}
