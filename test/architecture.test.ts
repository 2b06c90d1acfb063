// The law of the house as one table: which room may import from which, what may touch the machine, and what nobody may do.
// Rooms that do not exist yet cost nothing here; a room that is not in the table fails.

import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What every store is made of: the points as they lie, a series as it is read, the search, and the thread that a store runs on. */
const STORED = ['storage/points', 'storage/search', 'storage/series', 'storage/thread'];

/** A room may import from itself and from these. `*`: from anywhere, because it wires the others together. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  package: [],
  protocol: [],
  emitter: ['protocol'],
  storage: ['protocol', ...STORED],
  'storage/points': ['protocol', 'storage', ...STORED],
  'storage/search': ['protocol', 'storage', ...STORED],
  'storage/series': ['protocol', 'storage', ...STORED],
  'storage/thread': ['package', 'protocol', 'storage', ...STORED],
  'storage/memory': ['protocol', 'storage', ...STORED],
  'storage/postgres': ['package', 'protocol', 'storage', ...STORED],
  'storage/sqlite': ['package', 'protocol', 'storage', ...STORED],
  runtime: ['package', 'protocol', 'storage', 'storage/points'],
  transports: ['protocol', 'storage', 'runtime'],
  query: ['protocol', 'storage', 'storage/points', 'storage/search'],
  care: ['protocol', 'storage', 'storage/points', 'storage/search', 'runtime', 'query'],
  server: ['package', 'protocol', 'storage', 'runtime', 'transports', 'query'],
  mcp: ['package', 'protocol', 'storage', 'storage/search', 'runtime', 'query', 'server'],
  integrations: ['protocol', 'storage', 'runtime', 'query'],
  testing: ['protocol', 'storage', 'storage/search', 'storage/series'],
  cli: ['*'],
  '': ['*'],
};

/** Each subfolder of these is an adapter, and a room of its own: it knows its port and none of its siblings. */
const ADAPTER_SHELVES = ['storage', 'integrations'];

/** Rooms that compute and never touch the machine. */
const PURE_ROOMS = ['protocol', 'query'];

/** Packages by the only rooms that may name them: a library that is to be replaced is replaced in one place. */
const PACKAGE_ROOMS: Record<string, readonly string[]> = {
  'better-sqlite3': ['storage/sqlite'],
  pg: ['storage/postgres'],
  'hyparquet-writer': ['query'],
  jstat: ['query'],
  'simple-statistics': ['query'],
  fastify: ['server'],
  '@fastify/*': ['server'],
  commander: ['cli'],
  picocolors: ['cli'],
};

/** What the page may take from the library: rooms that run in a browser as well. */
const PAGE_MAY_IMPORT = ['protocol', 'query', 'storage/search'];

const MAX_LINES = { source: 400, test: 400 };

/** Files that may be longer: tables of data, at most five. */
const LONG_FILES: readonly string[] = [];

const FORBIDDEN: readonly { what: string; in: RegExp; pattern: RegExp }[] = [
  {
    what: 'a default export',
    in: /^(src|web\/src|test|bench|conformance)\/.*\.(ts|tsx|mjs)$/,
    pattern: /^export default\b|\bas default\b/m,
  },
  { what: 'markup from a string', in: /^(src|web)\//, pattern: /\b(inner|outer)HTML\b|dangerouslySetInnerHTML|insertAdjacentHTML/ },
  { what: 'code from a string', in: /^(src|web)\//, pattern: /\beval\s*\(|\bnew Function\s*\(|from 'node:vm'/ },
  { what: 'code from a string', in: /^(python\/xtrack|examples)\/.*\.py$/, pattern: /(?<![.\w])(eval|exec)\s*\(/ },
  { what: 'unsafe deserialisation', in: /^(python\/xtrack|examples)\/.*\.py$/, pattern: /\b(import|from) (pickle|marshal|shelve|dill)\b/ },
  { what: 'unsafe deserialisation', in: /\.py$/, pattern: /\btorch\.load\((?![^\n]*weights_only=True)/ },
  {
    what: 'a call to somebody else',
    in: /^src\/(?!.*\.test\.ts$).*\.ts$/,
    pattern:
      /(?<![.\w#*])fetch\(|\bhttps?\.(get|request)\(|from '(undici|axios|node-fetch|got|node:dns.*|dns.*)'|\{[^}]*(?<![\w.])(get|request)\b[^}]*\} from 'node:https?'/,
  },
  {
    what: 'an archive that is unpacked',
    in: /^(src|python\/xtrack)\//,
    pattern:
      /\b(tarfile|zipfile|unpack_archive|extractall)\b|from '(tar|tar-stream|tar-fs|unzipper|adm-zip|yauzl|extract-zip|decompress|jszip)'/,
  },
  {
    what: 'a reserved tag by its letters: they stand in protocol/reserved-tags.ts',
    in: /^(src|web\/src)\/(?!.*\.test\.tsx?$)(?!protocol\/reserved-tags\.ts$).*\.tsx?$/,
    pattern: /['"`]xtrack\.(?![`*]|sock|db\b|ballast\b|init\(|show\(|\$\{)/,
  },
  { what: 'a plain Error', in: /^src\/(?!.*\.test\.ts$).*\.ts$/, pattern: /\bthrow new (Type|Range)?Error\(/ },
];

describe('the house', () => {
  const files = readTree(['src', 'test', 'bench', 'conformance', 'python', 'examples', 'web'], /\.(ts|tsx|mjs|py)$/);

  it('lets a room import only what its place allows', () => {
    expect(importFaults(files)).toEqual([]);
  });

  it('lets the page import only what runs in a browser', () => {
    expect(pageFaults(files)).toEqual([]);
  });

  it('keeps every file short', () => {
    expect(sizeFaults(files)).toEqual([]);
  });

  it('never does what is forbidden', () => {
    expect(forbiddenFaults(files)).toEqual([]);
  });

  it('lists as long only files that are', () => {
    expect(LONG_FILES.length).toBeLessThanOrEqual(5);
    for (const path of LONG_FILES) expect(lineCount(files.get(path) ?? '')).toBeGreaterThan(MAX_LINES.source);
  });
});

describe('the law', () => {
  const faultsOf = (path: string, text: string) => importFaults(new Map([[path, text]]));

  it.each([
    ['an import from a floor above', 'src/protocol/frame.ts', "import { Bus } from '../runtime/bus.js';"],
    ['a type from a floor above', 'src/storage/store.ts', "import type { Bus } from '../runtime/bus.js';"],
    ['a dynamic import from a floor above', 'src/runtime/bus.ts', "const app = await import('../server/app.js');"],
    ['a re-export from a floor above', 'src/protocol/index.ts', "export { open } from '../storage/store.js';"],
    ['a worker thread in a room above', 'src/runtime/bus.ts', "new Worker(new URL('../server/worker.js', import.meta.url));"],
    ['a sibling adapter', 'src/storage/sqlite/store.ts', "import { open } from '../memory/store.js';"],
    ['a concrete adapter', 'src/runtime/manager.ts', "import { open } from '../storage/sqlite/store.js';"],
    ['the public face, from inside', 'src/runtime/manager.ts', "import { XTrack } from '../index.js';"],
    ['the machine, in a pure room', 'src/protocol/frame.ts', "import { readFile } from 'node:fs';"],
    ['the machine, without its prefix', 'src/protocol/frame.ts', "import { readFile } from 'fs';"],
    ['a package outside its room', 'src/runtime/manager.ts', "import Database from 'better-sqlite3';"],
    ['a package of a family outside its room', 'src/runtime/manager.ts', "import files from '@fastify/static';"],
    ['a room that has no place yet', 'src/attic/box.ts', "import { open } from '../storage/store.js';"],
  ])('refuses %s', (_what, path, text) => {
    expect(faultsOf(path, text)).toHaveLength(1);
  });

  it.each([
    ['a floor below', 'src/runtime/bus.ts', "import { XTrackError } from '../protocol/errors.js';"],
    ['the port of an adapter', 'src/storage/sqlite/store.ts', "import type { Store } from '../store.js';"],
    ['a deeper folder of the same adapter', 'src/storage/sqlite/store.ts', "import { m } from './migrations/list.js';"],
    ['anything, from a command', 'src/cli/main.ts', "import { XTrack } from '../index.js';"],
    ['anything, from a test', 'src/runtime/bus.test.ts', "import { open } from '../storage/memory/store.js';"],
  ])('allows %s', (_what, path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });

  it('refuses what no browser runs in the page, and takes the types of anything', () => {
    const faults = (text: string) => pageFaults(new Map([['web/src/app/app.tsx', text]]));
    expect(faults("import { XTrack } from '../../../src/xtrack.js';")).toHaveLength(1);
    expect(faults("import { open } from '../../../src/storage/sqlite/store.js';")).toHaveLength(1);
    expect(faults("import { readFile } from 'node:fs';")).toHaveLength(1);
    expect(faults("import type { Run } from '../../../src/xtrack.js';")).toEqual([]);
    expect(faults("import { parseSearch } from '../../../src/query/search/parser.js';")).toEqual([]);
    expect(faults("import { useRuns } from '../api/hooks';")).toEqual([]);
  });

  it.each([
    ['src/cli/main.ts', 'export default 1;'],
    ['web/src/app.tsx', 'element.innerHTML = text;'],
    ['src/query/search.ts', 'eval (text)'],
    ['python/xtrack/_run.py', 'import pickle'],
    ['examples/digits/train.py', 'exec(text)'],
    ['src/server/http/spawn.ts', 'await fetch(artifact.path)'],
    ['src/server/http/spawn.ts', "import { request } from 'node:http';"],
    ['python/xtrack/_run.py', 'import tarfile'],
    ['src/care/gc.ts', "import { extract } from 'tar';"],
    ['src/cli/main.ts', "throw new Error('x')"],
    ['web/src/pages/runs/tag-dialog.tsx', "key.startsWith('xtrack.')"],
    ['src/mcp/run-summary.ts', "tags['xtrack.name']"],
  ])('refuses in %s: %s', (path, text) => {
    expect(forbiddenFaults(new Map([[path, text]]))).toHaveLength(1);
  });

  it('refuses one line too many', () => {
    const lines = (count: number) => 'x\n'.repeat(count);
    const sizes = (path: string, count: number) => sizeFaults(new Map([[path, lines(count)]]));
    expect(sizes('src/cli/main.ts', 400)).toEqual([]);
    expect(sizes('src/cli/main.ts', 401)).toHaveLength(1);
    expect(sizes('web/src/pages/runs/table.tsx', 401)).toHaveLength(1);
    expect(sizes('src/cli/main.test.ts', 400)).toEqual([]);
    expect(sizes('python/tests/test_run.py', 401)).toHaveLength(1);
  });
});

type Files = ReadonlyMap<string, string>;

function importFaults(files: Files): string[] {
  const sources = [...files].filter(([path]) => path.startsWith('src/') && !isTest(path));
  return sources.flatMap(([path, text]) => imports(text).flatMap((target) => importFault(path, target) ?? []));
}

/** A type is gone once the page is built. */
function pageFaults(files: Files): string[] {
  const pages = [...files].filter(([path]) => path.startsWith('web/src/') && !isTest(path));
  return pages.flatMap(([path, text]) =>
    imports(text.replace(/^import type [^;]*;$/gm, '')).flatMap((target) => pageFault(path, target) ?? []),
  );
}

function pageFault(path: string, target: string): string | undefined {
  if (target.startsWith('node:') || builtinModules.includes(target)) return `${path}: a page must not touch the machine (${target})`;
  const to = posix.join(posix.dirname(path), target);
  const allowed = !target.startsWith('.') || to.startsWith('web/src/') || PAGE_MAY_IMPORT.includes(roomOf(to));
  return allowed ? undefined : `${path}: a page must not import ${target}`;
}

function importFault(path: string, target: string): string | undefined {
  const from = roomOf(path);
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return `${path}: the room ${from} is not in the table`;
  if (!target.startsWith('.')) return packageFault(path, from, target);
  const to = roomOf(posix.join(posix.dirname(path), target));
  return to === from || allowed.includes('*') || allowed.includes(to) ? undefined : `${path}: ${from} must not import ${target}`;
}

function packageFault(path: string, room: string, target: string): string | undefined {
  const [first = '', second = ''] = target.split('/');
  const name = first.startsWith('@') ? `${first}/${second}` : first;
  const rooms = PACKAGE_ROOMS[name] ?? PACKAGE_ROOMS[`${first}/*`];
  if (rooms !== undefined && !rooms.includes(room)) return `${path}: ${target} belongs to ${rooms.join(', ')}`;
  const isNode = target.startsWith('node:') || builtinModules.includes(target);
  return isNode && PURE_ROOMS.includes(room) ? `${path}: ${room} must not touch the machine (${target})` : undefined;
}

/** `src/storage/sqlite/migrations/list.ts` lies in `storage/sqlite`, `src/cli/terminal/plot.ts` in `cli`, `src/index.ts` in ``. */
function roomOf(path: string): string {
  const [room = '', shelf = ''] = posix.dirname(path).split('/').slice(1);
  return ADAPTER_SHELVES.includes(room) && shelf !== '' ? `${room}/${shelf}` : room;
}

/** Everything that a module names with from, import() or new URL(). A commented-out import counts: it errs on the strict side. */
function imports(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([^'\n]+)'|\bnew URL\(\s*'([^'\n]+\.js)'/g;
  return [...text.matchAll(pattern)].flatMap((match) => match[1] ?? match[2] ?? []);
}

function sizeFaults(files: Files): string[] {
  return [...files].flatMap(([path, text]) => {
    const limit = isTest(path) ? MAX_LINES.test : MAX_LINES.source;
    const lines = lineCount(text);
    return lines > limit && !LONG_FILES.includes(path) ? [`${path}: ${lines} lines, ${limit} allowed`] : [];
  });
}

function forbiddenFaults(files: Files): string[] {
  // This file names what it forbids.
  const others = [...files].filter(([path]) => path !== 'test/architecture.test.ts');
  return others.flatMap(([path, text]) =>
    FORBIDDEN.filter((rule) => rule.in.test(path) && rule.pattern.test(text)).map((rule) => `${path}: ${rule.what}`),
  );
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$|^test\/|(^|\/)test_[^/]*\.py$/.test(path);
}

function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

function readTree(folders: readonly string[], names: RegExp): Map<string, string> {
  const present = new Set(readdirSync(ROOT));
  const paths = folders
    .filter((folder) => present.has(folder))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => posix.join(folder, ...path.split(/[\\/]/))),
    );
  const kept = paths.filter((path) => names.test(path) && !/(^|\/)(node_modules|dist|build|\.venv)\//.test(path));
  return new Map(kept.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}
