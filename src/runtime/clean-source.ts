// A remote's address as it may be shown: emitters of any language send what `git remote` says, tokens included.

import type { Source } from '../protocol/index.js';

/** The same source, its repository without user name, password, query and fragment. A path, or `host:path` over ssh, stays as it is. */
export function cleanSource(source: Source): Source {
  const { gitRepo } = source;
  return gitRepo === undefined ? source : { ...source, gitRepo: cleanRemote(gitRepo) };
}

function cleanRemote(url: string): string {
  const at = url.indexOf('://');
  if (at < 0) return url;
  const [authority = '', ...path] = url.slice(at + 3).split('/');
  const place = [authority.slice(authority.lastIndexOf('@') + 1), ...path].join('/');
  return url.slice(0, at + 3) + (place.split(/[?#]/, 1)[0] ?? '');
}
