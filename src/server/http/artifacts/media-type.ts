// What bytes are, by how they begin: what a worker says of them decides nothing that a browser does.

/** Media that a browser may show by itself: none of them can hold a script. */
const SIGNATURES: readonly { readonly type: string; readonly begins: readonly (string | number)[] }[] = [
  { type: 'image/png', begins: [0x89, 'PNG\r\n', 0x1a, '\n'] },
  { type: 'image/jpeg', begins: [0xff, 0xd8, 0xff] },
  { type: 'image/gif', begins: ['GIF87a'] },
  { type: 'image/gif', begins: ['GIF89a'] },
  { type: 'audio/flac', begins: ['fLaC'] },
  { type: 'audio/ogg', begins: ['OggS'] },
  { type: 'audio/mpeg', begins: ['ID3'] },
];

const STARTS = SIGNATURES.map(({ type, begins }) => ({
  type,
  bytes: Buffer.concat(begins.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part)))),
}));

/** Every type that shownType may give. */
export const SHOWN_TYPES: readonly string[] = [...new Set(SIGNATURES.map(({ type }) => type)), 'image/webp', 'audio/wav'];

/** Bytes that are enough to tell. */
export const SNIFFED = 16;

/** The type of an image or a sound that may be shown in place; undefined: it is none. */
export function shownType(head: Uint8Array): string | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, SNIFFED));
  const found = STARTS.find(({ bytes: start }) => bytes.subarray(0, start.length).equals(start));
  return found?.type ?? riffType(bytes) ?? (isMpegFrame(bytes) ? 'audio/mpeg' : undefined);
}

function riffType(bytes: Buffer): string | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  const form = bytes.toString('latin1', 8, 12);
  return form === 'WEBP' ? 'image/webp' : form === 'WAVE' ? 'audio/wav' : undefined;
}

/** An MPEG audio frame of layer III, which files without a tag begin with. */
function isMpegFrame([first = 0, second = 0, third = 0]: Buffer): boolean {
  return first === 0xff && (second & 0xe6) === 0xe2 && (third & 0xf0) !== 0xf0 && (third & 0x0c) !== 0x0c;
}

const BY_ENDING: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['svg', 'image/svg+xml'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['json', 'application/json'],
  ['csv', 'text/csv'],
  ['tsv', 'text/tab-separated-values'],
  ['html', 'text/html'],
  ['pdf', 'application/pdf'],
  ...['txt', 'log', 'md', 'py', 'yaml', 'yml', 'toml', 'ini', 'jsonl'].map((ending) => [ending, 'text/plain'] as const),
]);

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;

/** What it is said to be: by whoever recorded it, else by the ending of its name. Only ever shown, never acted upon. */
export function claimedType(path: string, said: unknown): string | null {
  if (typeof said === 'string' && TYPE.test(said)) return said;
  const ending = /\.([a-z0-9]{1,8})$/i.exec(path)?.[1]?.toLowerCase();
  return BY_ENDING.get(ending ?? '') ?? null;
}
