// What an embed link says: the run that it shows, and the key that shows this run and nothing else.

export interface EmbedAddress {
  readonly runId: string;
  /** Null: whoever looks is signed in, or is not. */
  readonly key: string | null;
}

/** Null for every other page. */
export function readEmbedAddress({ pathname, hash }: Pick<Location, 'pathname' | 'hash'>): EmbedAddress | null {
  const [, name] = /\/embed\/runs\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (name === undefined) return null;
  const key = new URLSearchParams(hash.slice(1)).get('embed');
  try {
    return { runId: decodeURIComponent(name), key };
  } catch {
    // An escape that is none: the server knows no such run, and says so.
    return { runId: name, key };
  }
}
