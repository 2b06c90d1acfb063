// The shape of the house as a law: how much lies in a folder, no circle among files, and no sliver that only its one reader needs.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Source files directly in a folder. */
const MAX_SOURCES = 20;

/** A file with fewer lines that one other file alone imports stands in that one instead. */
const SLIVER_LINES = 40;

/** What is a subject of its own, or must be loaded apart, may be as short as it is: at most ten. */
const SHORT_FILES: readonly string[] = [
  'src/emitter/delivery/backoff.ts',
  'src/emitter/delivery/local-token.ts',
  'src/emitter/delivery/spool-folder.ts',
  'src/protocol/odd-numbers.ts',
  'web/src/components/toasts.tsx',
  'web/src/pages/runs/columns/column-picker.tsx',
];

/** Rooms whose files are of one kind and are listed in one place, and what a package shows: commands, routes, entries. */
const SHELVES = /^src\/(cli\/commands|server\/http\/routes)\/|\/index\.ts$/;

const SOURCES = readSources();

describe('the shape', () => {
  it(`has at most ${MAX_SOURCES} sources in a folder`, () => {
    expect(crowdedFolders(SOURCES)).toEqual([]);
  });

  it('has no circle of files, types included', () => {
    expect(circles(SOURCES)).toEqual([]);
  });

  it('has no sliver', () => {
    expect(slivers(SOURCES).filter((path) => !SHORT_FILES.includes(path))).toEqual([]);
    expect(SHORT_FILES.length).toBeLessThanOrEqual(10);
  });

  it('lists as short only files that would be slivers', () => {
    const found = slivers(SOURCES);
    expect(SHORT_FILES.filter((path) => !found.includes(path))).toEqual([]);
  });
});

describe('the law of shape', () => {
  it('counts sources, not their tests', () => {
    const folder = (count: number): [string, string][] => Array.from({ length: count }, (_, at) => [`src/room/f${at}.ts`, '']);
    expect(crowdedFolders(new Map([...folder(20), ['src/room/f1.test.ts', '']]))).toEqual([]);
    expect(crowdedFolders(new Map(folder(21)))).toEqual(['src/room: 21']);
  });

  it('finds a circle over types, and over three files', () => {
    const circle = new Map([
      ['src/a.ts', "import type { B } from './b.js';"],
      ['src/b.ts', "export { c } from './room/c.js';"],
      ['src/room/c.ts', "const a = await import('../a.js');"],
      ['src/d.ts', "import { a } from './a.js';"],
    ]);
    expect(circles(circle)).toEqual(['src/a.ts, src/b.ts, src/room/c.ts']);
  });

  it('finds a circle among Python modules', () => {
    const circle = new Map([
      ['python/xtrack/_a.py', 'from ._room.b import B\n'],
      ['python/xtrack/_room/b.py', 'from .. import _a\n'],
    ]);
    expect(circles(circle)).toEqual(['python/xtrack/_a.py, python/xtrack/_room/b.py']);
  });

  it('finds a sliver, and takes for none what is tested, entered or read by two', () => {
    const lines = (count: number): string => 'x\n'.repeat(count);
    const one = (...extra: [string, string][]): Map<string, string> =>
      new Map([['src/a.ts', "import { b } from './b.js';\n"], ['src/b.ts', lines(39)], ...extra]);
    expect(slivers(one())).toEqual(['src/b.ts']);
    expect(slivers(one(['src/b.test.ts', '']))).toEqual([]);
    expect(slivers(one(['src/c.ts', "import { b } from './b.js';\n"]))).toEqual([]);
    expect(
      slivers(
        new Map([
          ['src/a.ts', "const b = await import('./b.js');\n"],
          ['src/b.ts', lines(3)],
        ]),
      ),
    ).toEqual([]);
    expect(
      slivers(
        new Map([
          ['src/a.ts', "import { b } from './b.js';\n"],
          ['src/b.ts', lines(40)],
        ]),
      ),
    ).toEqual([]);
  });
});

type Sources = ReadonlyMap<string, string>;

function crowdedFolders(sources: Sources): string[] {
  const counts = new Map<string, number>();
  for (const path of sources.keys()) {
    if (!isTest(path)) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > MAX_SOURCES).map(([folder, count]) => `${folder}: ${count}`);
}

/** Strongly connected files, each as one line. */
function circles(sources: Sources): string[] {
  const reach = new Map([...sources.keys()].map((path) => [path, reachable(path, sources)]));
  const found = new Set<string>();
  for (const [path, all] of reach) {
    const circle = [...all].filter((other) => other === path || (reach.get(other) as Set<string>).has(path));
    if (all.has(path)) found.add([...new Set([path, ...circle])].sort().join(', '));
  }
  return [...found];
}

/** What a file leads to; itself where a way leads back. */
function reachable(path: string, sources: Sources): Set<string> {
  const seen = new Set<string>();
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { to } of importsOf(next, sources)) {
      if (seen.has(to)) continue;
      seen.add(to);
      open.push(to);
    }
  }
  return seen;
}

function slivers(sources: Sources): string[] {
  const importers = new Map<string, Set<string>>();
  const entries = new Set<string>();
  for (const path of sources.keys()) {
    for (const { to, entry } of importsOf(path, sources)) {
      importers.set(to, (importers.get(to) ?? new Set()).add(path));
      if (entry) entries.add(to);
    }
  }
  return [...sources].flatMap(([path, text]) => {
    const few = text.split('\n').length - 1 < SLIVER_LINES && importers.get(path)?.size === 1;
    const named = entries.has(path) || SHELVES.test(path) || sources.has(path.replace(/\.tsx?$/, '.test.ts'));
    return few && !named && !isTest(path) ? [path] : [];
  });
}

interface Import {
  readonly to: string;
  /** Loaded when it is needed, or the begin of a thread. */
  readonly entry: boolean;
}

const cache = new WeakMap<Sources, Map<string, readonly Import[]>>();

function importsOf(path: string, sources: Sources): readonly Import[] {
  const known = cache.get(sources) ?? new Map<string, readonly Import[]>();
  cache.set(sources, known);
  let imports = known.get(path);
  if (imports === undefined) {
    const text = sources.get(path) ?? '';
    imports = (path.endsWith('.py') ? pythonImports(path, text, sources) : scriptImports(path, text, sources)).filter(
      ({ to }) => to !== path,
    );
    known.set(path, imports);
  }
  return imports;
}

function scriptImports(path: string, text: string, sources: Sources): Import[] {
  const pattern = /(\bfrom\s*|\bimport\s*\(?\s*)'(\.[^'\n]+)'|\bnew URL\(\s*'(\.[^'\n]+\.js)'/g;
  return [...text.matchAll(pattern)].flatMap(([, how, named, thread]) => {
    const to = posix.join(posix.dirname(path), named ?? thread ?? '').replace(/\.js$/, '');
    const file = [`${to}.ts`, `${to}.tsx`].find((candidate) => sources.has(candidate));
    return file === undefined ? [] : [{ to: file, entry: how === undefined || how.includes('(') }];
  });
}

function pythonImports(path: string, text: string, sources: Sources): Import[] {
  return [...text.matchAll(/^( *)from (\.+)([\w.]*) import (\([^)]*\)|[^\n#]+)/gm)].flatMap(
    ([, inset = '', dots = '', module = '', names = '']) => {
      const up = '../'.repeat(dots.length - 1);
      const base = posix.join(posix.dirname(path), up, module.replaceAll('.', '/'));
      const inside = names.replace(/[()]/g, '').split(',');
      const modules = inside.map((name) => posix.join(base, name.trim().split(' ')[0] ?? ''));
      const files = [base, ...modules].map((file) => `${file}.py`).filter((file) => sources.has(file));
      return files.map((to) => ({ to, entry: inset !== '' }));
    },
  );
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

function readSources(): Sources {
  const read = (folder: string): [string, string][] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => posix.join(folder, ...path.split(/[\\/]/)))
      .filter((path) => /\.(ts|tsx|py)$/.test(path))
      .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]);
  return new Map([...read('src'), ...read('web/src'), ...read('python/xtrack')]);
}
