// The pages keep their word: every example marked as runnable runs, and the error table in the reference is the real one.
//
// A fence is runnable when its info string is a language and the word `run`: ```python run, ```js run, ```sh run.
// The examples of one page run in order in one fresh folder, as a reader would type them, each with the data directory and
// the home folder inside it. `npx xtrack` and `xtrack` are the built command; `examples/` is there too.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../src/protocol/errors.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');
const ARCHITECTURE = 'docs/01-architecture.md';
const REFERENCE = 'docs/03-ir-reference.md';
const PYTHON = process.env.XTRACK_PYTHON ?? 'python3';
/** Characters of a line that people can read, and that a difference can show. */
const WIDTH = 120;
/** Longer than any example may take; one that hangs is killed. */
const EXAMPLE_TIMEOUT_MS = 90_000;

interface Example {
  readonly language: string;
  readonly line: number;
  readonly code: string;
}

interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly output: string;
}

/** How an example of each language is started. */
const RUNNERS: Record<string, { file: string; command: readonly string[] }> = {
  python: { file: 'example.py', command: [PYTHON] },
  js: { file: 'example.mjs', command: [process.execPath] },
  sh: { file: 'example.sh', command: ['sh', '-eu'] },
};

describe.each(pages().filter((page) => runnable(textOf(page)).length > 0))('%s', (page) => {
  const examples = runnable(textOf(page));
  let folder = '';

  beforeAll(() => {
    folder = furnish();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(examples)(
    'runs its $language example at line $line',
    async (example) => {
      const { status, signal, output } = await execute(example, folder);
      expect({ status, signal }, output).toEqual({ status: 0, signal: null });
    },
    EXAMPLE_TIMEOUT_MS + 5_000,
  );
});

describe('a runnable fence', () => {
  const page = ['text', '```sh run', 'exit 3', '```', '```python', 'not marked', '```', '  ```js run', '  let x;', '  ```'].join('\n');

  it('is found with its line, unindented, and the others are left alone', () => {
    expect(runnable(page)).toEqual([
      { language: 'sh', line: 2, code: 'exit 3\n' },
      { language: 'js', line: 8, code: 'let x;\n' },
    ]);
  });

  it('fails when its program fails', async () => {
    const folder = furnish();
    const { status } = await execute({ language: 'sh', line: 1, code: 'exit 3' }, folder);
    rmSync(folder, { recursive: true, force: true });
    expect(status).toBe(3);
  });
});

it.each(pages())('%s links only to files that exist', (page) => {
  const links = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);
  expect(links.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
});

it.each(pages())('%s links only to headings that exist', (page) => {
  const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*\.md)?#([^)\s]+)\)/g)];
  const missing = links.filter(([, target, heading = '']) => {
    return !headings(target === undefined ? page : join(dirname(page), target)).includes(heading);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

it.each(pages())('%s names only files that exist', (page) => {
  const named = [...textOf(page).matchAll(/`((?:src|web|python|test|bench|examples|conformance|bootstrap|docs)\/[\w./-]*)`/g)];
  const paths = named.map(([, path = '']) => path).filter((path) => !path.includes('NAME'));
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it.each(pages())('%s has no line of prose that is too long to read', (page) => {
  const prose = textOf(page)
    .replaceAll(/^([ \t]*)```[\s\S]*?^[ \t]*```[ \t]*$/gm, '')
    .split('\n')
    .filter((line) => !line.startsWith('|'));
  expect(prose.filter((line) => [...line].length > WIDTH)).toEqual([]);
});

describe(ARCHITECTURE, () => {
  it.each(["An event's way", "A chart's way"])('%s passes 25 files at most, each of them one', (title) => {
    const [, way = ''] = textOf(ARCHITECTURE).split(`## ${title}`);
    const passed = [...(way.split('\n## ')[0] ?? '').matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path = '']) => path);
    expect(passed.length).toBeGreaterThan(10);
    expect(passed.length).toBeLessThanOrEqual(25);
    expect(new Set(passed).size).toBe(passed.length);
    expect(passed.filter((path) => !/\.tsx?$/.test(path) || !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe(REFERENCE, () => {
  it('lists exactly the error codes that exist', () => {
    const listed = new Set(readFileSync(join(ROOT, REFERENCE), 'utf8').match(/\bXT_[A-Z0-9_]+\b/g));
    expect([...listed].sort()).toEqual(Object.keys(ERRORS).sort());
  });
});

function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  const examples = readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}/README.md`);
  const besides = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'python/README.md', 'conformance/README.md', ...examples.sort()];
  const all = [...besides, ...docs.sort().map((name) => `docs/${name}`)];
  return all.filter((page) => existsSync(join(ROOT, page)));
}

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The headings of a page, as a browser finds them behind `#`. */
function headings(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function runnable(text: string): Example[] {
  const fence = /^([ \t]*)```(\w+) run[ \t]*\n([\s\S]*?)^[ \t]*```[ \t]*$/gm;
  return [...text.matchAll(fence)].map(({ index, 1: indent = '', 2: language = '', 3: body = '' }) => ({
    language,
    line: text.slice(0, index).split('\n').length,
    code: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** A fresh folder in which `import … from 'xtrack'`, `npx xtrack` and `examples/` work as they do for a reader. */
function furnish(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-docs-'));
  for (const name of ['bin', 'data', 'home', 'node_modules']) mkdirSync(join(folder, name));
  symlinkSync(ROOT, join(folder, 'node_modules', 'xtrack'));
  symlinkSync(join(ROOT, 'examples'), join(folder, 'examples'));
  const xtrack = `exec '${process.execPath}' '${COMMAND}' "$@"`;
  writeFileSync(join(folder, 'bin', 'xtrack'), `#!/bin/sh\n${xtrack}\n`, { mode: 0o755 });
  const npx = `[ "$1" = xtrack ] || { echo "an example may run only npx xtrack, not $1" >&2; exit 64; }\nshift\n${xtrack}`;
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\n${npx}\n`, { mode: 0o755 });
  return folder;
}

function execute({ language, line, code }: Example, folder: string): Promise<Outcome> {
  const runner = RUNNERS[language];
  if (runner === undefined) throw new Error(`no runner for ${language}`);
  const file = join(folder, `line-${line}-${runner.file}`);
  writeFileSync(file, code);
  const [command = '', ...args] = [...runner.command, file];
  const options = { cwd: folder, env: environment(folder), timeout: EXAMPLE_TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ status: child.exitCode, signal: child.signalCode, output: `${error?.message ?? ''}\n${stdout}${stderr}` });
    });
  });
}

/** Nothing of the caller's XTrack settings reaches an example. */
function environment(folder: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('XTRACK_') && !name.startsWith('VITEST'));
  return {
    ...Object.fromEntries(inherited),
    HOME: join(folder, 'home'),
    XTRACK_DATA: join(folder, 'data'),
    XTRACK_PYTHON: PYTHON,
    PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
    PYTHONPATH: join(ROOT, 'python'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}
