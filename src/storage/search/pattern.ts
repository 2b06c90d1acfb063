// The pattern of `like`, read once and written for each backend: all agree on what a wildcard and a backslash mean.

type Piece = { readonly wild: '%' | '_' } | { readonly character: string };

/** A backslash before anything but `%`, `_` and itself, or at the end, stands for itself. */
function piecesOf(pattern: string): Piece[] {
  const pieces: Piece[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    const next = characters[at + 1];
    if (character === '\\' && next !== undefined && '%_\\'.includes(next)) {
      pieces.push({ character: next });
      at += 1;
    } else if (character === '%' || character === '_') pieces.push({ wild: character });
    else pieces.push({ character });
  }
  return pieces;
}

/** For GLOB of SQLite, which tells upper and lower case apart where its LIKE does not. */
export function globPattern(pattern: string): string {
  return piecesOf(pattern)
    .map((piece) => {
      if ('wild' in piece) return piece.wild === '%' ? '*' : '?';
      return '*?['.includes(piece.character) ? `[${piece.character}]` : piece.character;
    })
    .join('');
}

/** For LIKE of PostgreSQL, whose escape is the backslash. */
export function likePattern(pattern: string): string {
  return piecesOf(pattern)
    .map((piece) => {
      if ('wild' in piece) return piece.wild;
      return '%_\\'.includes(piece.character) ? `\\${piece.character}` : piece.character;
    })
    .join('');
}

/** True where the whole text is like the pattern. At most text × pattern steps, whatever both hold. */
export function matchesPattern(text: string, pattern: string): boolean {
  const pieces = piecesOf(pattern);
  const characters = [...text];
  let piece = 0;
  // Where the last `%` stands, and how far the text was when it was met: the place to try again from.
  let lastAny = -1;
  let retryFrom = 0;
  for (let at = 0; at < characters.length; ) {
    const current = pieces[piece];
    if (current !== undefined && 'wild' in current && current.wild === '%') {
      lastAny = piece;
      retryFrom = at;
      piece += 1;
    } else if (current !== undefined && ('wild' in current || current.character === characters[at])) {
      piece += 1;
      at += 1;
    } else if (lastAny >= 0) {
      retryFrom += 1;
      at = retryFrom;
      piece = lastAny + 1;
    } else return false;
  }
  return pieces.slice(piece).every((left) => 'wild' in left && left.wild === '%');
}
