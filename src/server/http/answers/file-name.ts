// File names for downloads, out of names that anybody may have chosen.

import { posix } from 'node:path';

const MAX = 120;

/** A name without a path, control characters, quotes or anything that a shell or a file system may take amiss. */
export function safeFileName(name: string, otherwise = 'download'): string {
  const last = posix.basename(name.replaceAll('\\', '/'));
  const clean = [...last.normalize('NFC')].filter((character) => !/[\p{C}\p{Zl}\p{Zp}"'`<>|:*?\\/;%$&]/u.test(character)).join('');
  // No hidden files, and no endings that Windows drops.
  const trimmed = clean.replace(/^[.\s-]+/, '').replace(/[.\s]+$/, '');
  const ending = /\.[A-Za-z0-9.]{1,20}$/.exec(trimmed)?.[0] ?? '';
  return [...trimmed].length <= MAX ? trimmed || otherwise : [...trimmed].slice(0, MAX - ending.length).join('') + ending;
}

/** `Content-Disposition` (RFC 6266), the name in ASCII and, as RFC 8187 has it, in full. */
export function disposition(how: 'attachment' | 'inline', name: string): string {
  const safe = safeFileName(name);
  const ascii = safe.replaceAll(/[^\x20-\x7e]/g, '_');
  const full = encodeURIComponent(safe).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${how}; filename="${ascii}"; filename*=UTF-8''${full}`;
}
