// What someone types as plain words, as a search that looks for them in names and ids, whatever signs they hold.

export function wordsSearch(text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.map((word) => `'${word.replaceAll("'", "''")}'`).join(' ');
}
