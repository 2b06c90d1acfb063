// What the package shows to those who build on it, written down from the declarations that it ships: whatever changes it is seen, and meant.
// After a change that is meant: XTRACK_WRITE_API=1 npx vitest run test/public-api.test.ts

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WRITTEN = posix.join(ROOT, 'test/fixtures/public-api.txt');

it('shows what is written down', () => {
  const now = describeApi();
  if (process.env.XTRACK_WRITE_API === '1') writeFileSync(WRITTEN, now);
  expect(now.split('\n')).toEqual(readFileSync(WRITTEN, 'utf8').split('\n'));
});

interface Declared {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

interface Module {
  /** The text of each name that is declared here. */
  readonly declared: ReadonlyMap<string, string>;
  /** Names that stand for those of other files, as they are used here. */
  readonly taken: ReadonlyMap<string, Named>;
  /** Names that are shown on from other files. */
  readonly shown: ReadonlyMap<string, Named>;
}

interface Named {
  readonly file: string;
  readonly name: string;
}

const modules = new Map<string, Module>();

/** Each entry with the names that it shows, then the declarations of all that they name. */
function describeApi(): string {
  const { exports } = JSON.parse(readFileSync(posix.join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { readonly types: string }>;
  };
  const found = new Map<string, Declared>();
  const entries = Object.entries(exports).flatMap(([entry, to]) => {
    if (typeof to === 'string') return [];
    const file = posix.join(ROOT, to.types);
    const names = [...readModule(file).shown.keys()].sort();
    for (const name of names) collect(declarationOf({ file, name }), found);
    return [`xtrack${entry.slice(1)}: ${names.join(', ')}`];
  });
  expect(entries.length).toBeGreaterThan(3);
  const texts = [...found.values()].map(({ text }) => text).sort();
  return `${entries.join('\n')}\n\n${texts.join('\n')}\n`;
}

function collect(declaration: Declared | undefined, found: Map<string, Declared>): void {
  if (declaration === undefined || found.has(`${declaration.file} ${declaration.name}`)) return;
  found.set(`${declaration.file} ${declaration.name}`, declaration);
  for (const [name] of declaration.text.matchAll(/\b[A-Za-z_$][\w$]*/g)) collect(declarationOf({ file: declaration.file, name }), found);
}

/** Undefined: it is a word of the language, or of a library. */
function declarationOf({ file, name }: Named): Declared | undefined {
  const { declared, taken, shown } = readModule(file);
  const text = declared.get(name);
  if (text !== undefined) return { file, name, text };
  const elsewhere = taken.get(name) ?? shown.get(name);
  return elsewhere === undefined || (elsewhere.file === file && elsewhere.name === name) ? undefined : declarationOf(elsewhere);
}

function readModule(file: string): Module {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const declared = new Map<string, string>();
  const taken = new Map<string, Named>();
  const shown = new Map<string, Named>();
  modules.set(file, { declared, taken, shown });
  for (const statement of statementsOf(readFileSync(file, 'utf8'))) {
    const link = /^(import|export) (?:type )?\{([^}]*)\}(?: from '(\.[^']*)')?;/.exec(statement);
    if (link !== null) {
      const [, how, list = '', where] = link;
      follow(file, list, where, how === 'import' ? taken : shown);
    } else declare(file, statement, declared, shown);
  }
  return { declared, taken, shown };
}

/** Names of another file, or of this one under `export { … }`. */
function follow(file: string, list: string, where: string | undefined, names: Map<string, Named>): void {
  const from = where === undefined ? file : posix.join(posix.dirname(file), where.replace(/\.js$/, '.d.ts'));
  if (!existsSync(from)) return;
  for (const [name, as] of namesOf(list)) names.set(as, { file: from, name });
}

function declare(file: string, statement: string, declared: Map<string, string>, shown: Map<string, Named>): void {
  const [, name] =
    /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|let|function|enum) ([\w$]+)/.exec(statement) ?? [];
  if (name === undefined) return;
  // A function with several forms has several statements.
  declared.set(name, [declared.get(name), plain(statement)].filter((text) => text !== undefined).join('\n'));
  if (statement.startsWith('export ')) shown.set(name, { file, name });
}

function namesOf(list: string): [string, string][] {
  return list
    .split(',')
    .map((each) => each.trim().replace(/^type /, ''))
    .filter((each) => each !== '')
    .map((each) => {
      const [name = '', as = name] = each.split(' as ');
      return [name, as];
    });
}

/** What begins a line begins a statement: so the compiler writes them. */
function statementsOf(text: string): string[] {
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  return bare.split(/^(?=[A-Za-z])/m).map((statement) => statement.trim());
}

/** Without what nobody outside can use, and without what says only in which file something lies. */
function plain(statement: string): string {
  return statement
    .split('\n')
    .filter((line) => !/^\s*(#private;|private |protected )/.test(line) && line.trim() !== '')
    .join('\n')
    .replaceAll(/import\("[^"]*"\)\./g, '')
    .replace(/^export /, '');
}
