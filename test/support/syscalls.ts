// What strace wrote down, read as a judge: which files a process touched outside its own folder, and whom it called.

const CALL = /^(?:\d+ +)?(\w+)\((.*)/;
const QUOTED = /"((?:[^"\\]|\\.)*)"/g;
/** Of the machine, and written to by every process. */
const COMMON = /^\/(dev\/(null|tty|pts\/\d+|shm\/[^/]+$)|proc\/self\/)/;

const KINDS: Readonly<Record<string, string>> = {
  creat: 'writes',
  truncate: 'writes',
  unlink: 'removes',
  unlinkat: 'removes',
  rmdir: 'removes',
  rename: 'renames',
  renameat: 'renames',
  renameat2: 'renames',
  link: 'renames',
  linkat: 'renames',
  symlink: 'makes',
  symlinkat: 'makes',
  mkdir: 'makes',
  mkdirat: 'makes',
};

/** Each call outside `directory` that changes something, each look at `secret`, each connection to a network: a word for its kind, and the call. */
export function offences(record: string, directory: string, secret: string): string[] {
  return record.split('\n').flatMap((line) => {
    const [, call = '', rest = ''] = CALL.exec(line) ?? [];
    const kind = kindOf(call, rest, directory, secret);
    return kind === undefined ? [] : [`${kind} ${line.slice(0, 300)}`];
  });
}

function kindOf(call: string, rest: string, directory: string, secret: string): string | undefined {
  if (call === 'connect') return rest.includes('AF_UNIX') || rest.includes('AF_UNSPEC') ? undefined : 'calls';
  const paths = [...rest.matchAll(QUOTED)].map(([, path = '']) => path);
  if (paths.some((path) => path.includes(secret)))
    return call.startsWith('open') && !/O_(WRONLY|RDWR|CREAT)/.test(rest) ? 'reads' : (KINDS[call] ?? 'writes');
  const outside = paths.some((path) => !path.startsWith(`${directory}/`) && path !== directory && !COMMON.test(path));
  if (!outside) return undefined;
  if (call.startsWith('open')) return /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/.test(rest) ? 'writes' : undefined;
  return KINDS[call];
}
