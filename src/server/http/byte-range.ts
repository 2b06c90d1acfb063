// Which part of a file a request asks for (RFC 9110, section 14).

export interface ByteRange {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** Null: the whole; 'none': nothing of what is asked for is there. Several ranges at once count as the whole, as a server may say. */
export function readRange(header: string | undefined, size: number): ByteRange | 'none' | null {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  if (first === '') {
    const length = Number(last);
    return length === 0 || size === 0 ? 'none' : { from: Math.max(0, size - length), to: size };
  }
  const from = Number(first);
  const to = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < from) return null;
  return from >= size ? 'none' : { from, to };
}
