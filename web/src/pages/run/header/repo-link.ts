// A link to the commit that a run's code was at, where the repository's host is one whose addresses are known.

/** Path of a commit below the repository, by host. */
const COMMIT_PATHS: ReadonlyMap<string, string> = new Map([
  ['github.com', '/commit/'],
  ['gitlab.com', '/-/commit/'],
  ['bitbucket.org', '/commits/'],
  ['codeberg.org', '/commit/'],
  ['gitea.com', '/commit/'],
  ['git.sr.ht', '/commit/'],
]);

const SHA = /^[0-9a-f]{7,64}$/i;
/** `git@github.com:owner/name.git` and `ssh://git@github.com/owner/name.git`, with or without a port. */
const SCP = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/;

/** The repository's own page; null: its host is not one we know, or it is no address. Never carries what a remote had as password. */
export function repoLink(repo: string): string | null {
  const place = placeOf(repo.trim());
  if (place === null) return null;
  const { host, path } = place;
  return commitPath(host) === undefined ? null : `https://${host}/${path}`;
}

/** The commit's page, under the same conditions. */
export function commitLink(repo: string, commit: string): string | null {
  const link = repoLink(repo);
  if (link === null || !SHA.test(commit)) return null;
  return `${link}${commitPath(new URL(link).host) ?? ''}${commit}`;
}

function commitPath(host: string): string | undefined {
  const known = COMMIT_PATHS.get(host);
  // `github.com.evil.org` is nobody's own installation.
  if (known !== undefined || [...COMMIT_PATHS.keys()].some((one) => host.startsWith(`${one}.`))) return known;
  if (host.startsWith('gitlab.')) return '/-/commit/';
  return host.startsWith('github.') ? '/commit/' : undefined;
}

function placeOf(repo: string): { host: string; path: string } | null {
  const scp = repo.includes('://') ? null : SCP.exec(repo);
  if (scp !== null) return cleaned(scp[1] ?? '', scp[2] ?? '');
  if (!URL.canParse(repo)) return null;
  const { protocol, hostname, host, pathname } = new URL(repo);
  if (protocol === 'https:' || protocol === 'http:') return cleaned(host, pathname);
  return protocol === 'ssh:' || protocol === 'git:' || protocol === 'git+ssh:' ? cleaned(hostname, pathname) : null;
}

function cleaned(host: string, path: string): { host: string; path: string } | null {
  const parts = path
    .replace(/\.git\/?$/, '')
    .split('/')
    .filter((part) => part !== '');
  if (parts.length < 2 || parts.some((part) => part === '..' || !/^[\w.~-]+$/.test(part))) return null;
  return { host: host.toLowerCase(), path: parts.join('/') };
}
