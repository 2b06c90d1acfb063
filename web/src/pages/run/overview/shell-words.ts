// A command as a line that a shell reads back as the same words.

/** Words that need no quotes in any POSIX shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

export function shellLine(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
