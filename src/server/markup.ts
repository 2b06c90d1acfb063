// Text in markup: whatever a run is called, it stays text.

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// C0 but tab and line breaks, lone surrogates and the two non-characters: XML forbids them, escaped or not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff\p{Cs}]/gu;

/** Safe as the content of an element and as a quoted attribute, in HTML and in XML. */
export function escapeMarkup(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
