// A virtual environment with the libraries of requirements.txt, made once and kept: `.frameworks/` in the repository.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Lines of pip's output that tell why something could not be installed. */
const LAST_LINES = 6;
const LINE_CHARACTERS = 300;
const OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The environment's interpreter, and what could not be installed there: it is tried again the next time.
 * `say` is told what takes long. An Error where not even an empty environment can be made.
 */
export function makeEnvironment(folder, requirements, python, say) {
  const version = output(python, ['-c', 'import sys; print(sys.version)']);
  const stamp = join(folder, '.xtrack-stamp');
  let { made, installed } = readStamp(stamp);
  if (made !== version) {
    say(`making a virtual environment in ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    output(python, ['-m', 'venv', folder]);
    installed = [];
  }
  const interpreter = join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const missing = [];
  for (const group of paragraphs(requirements)) {
    if (installed.includes(group)) continue;
    say(`installing ${names(group)}`);
    const error = install(interpreter, group);
    if (error === undefined) installed.push(group);
    else missing.push({ names: names(group), error });
    writeFileSync(stamp, JSON.stringify({ made: version, installed }));
  }
  return { interpreter, missing };
}

function readStamp(path) {
  if (!existsSync(path)) return { made: undefined, installed: [] };
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { made: undefined, installed: [] };
  }
}

function paragraphs(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  const wanted = lines.filter((line) => !line.startsWith('#')).join('\n');
  return wanted.split(/\n\s*\n/).flatMap((paragraph) => paragraph.trim() || []);
}

function names(group) {
  return group.replaceAll('\n', ', ');
}

/** What went wrong, or undefined. */
function install(interpreter, group) {
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-frameworks-'));
  const list = join(folder, 'requirements.txt');
  writeFileSync(list, `${group}\n`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', '-r', list];
  const { status, stdout, stderr, error } = spawnSync(interpreter, pip, { encoding: 'utf8', maxBuffer: OUTPUT_BYTES });
  rmSync(folder, { recursive: true, force: true });
  if (status === 0) return undefined;
  return error?.message ?? lastLines(`${stdout}\n${stderr}`);
}

function lastLines(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-LAST_LINES)
    .map((line) => line.slice(0, LINE_CHARACTERS))
    .join('\n');
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? `${command} ${args.join(' ')} failed:\n${lastLines(`${stdout}\n${stderr}`)}`);
  return stdout.trim();
}
