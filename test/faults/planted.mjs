// Is the search blind? Known bugs are planted into copies of the build, one each, and rounds are played until it is caught.
// node test/faults/planted.mjs [NAME…] [--rounds N] [--seconds LIMIT]; exit code 1 when one is not caught.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = new URL('../..', import.meta.url).pathname;

/** `find` is in one place of the build (`js`), or of the Python package (`py`); `only`: the faults that bring it to light. */
const PLANTS = {
  'ack before commit': {
    js: [
      'const [refusals, error] = await this.store.commit(batch)',
      (text) => `collectors.forEach((c, i) => this.confirm(c, cuts[i])); ${text}`,
    ],
    only: ['end-kill'],
  },
  'what came already is taken again': {
    js: ['subtract(this.declared, seq, seq)) return "new";\n\t\treturn "duplicate";', (text) => text.replace('"duplicate"', '"new"')],
    only: ['net:cut', 'net:reset', 'network-cut', 'server-kill', 'trainer-kill'],
  },
  'a spool is removed unread': {
    js: ['const { damaged } = await replayFile(this.hub, path);', () => 'const damaged = 0;'],
    only: ['server-kill', 'trainer-kill', 'network-away'],
  },
  'a hole is forgotten': {
    js: ['get contiguous() {', (text) => `${text} return this.highest;`],
    only: ['net:cut', 'trainer-kill', 'server-kill'],
  },
  'two control planes write to one run': {
    js: ['if (stored === from) return void 0;', () => 'return void 0;'],
    only: ['other-kill', 'other-stop', 'server-stop', 'server-kill'],
  },
  'freed as it is sent': {
    py: ['_link.py', '        if self._in_file:\n            self.acked = self.sent_seq', (text) => text.replace('self._in_file', 'True')],
    only: ['net:cut', 'net:swallow', 'net:reset', 'server-kill', 'server-spoilt'],
  },
  'a number is rounded on the way': {
    py: ['_run.py', 'shown = repr(value) if', (text) => text.replace('repr(value)', 'f"{value:.5g}"')],
    only: ['server-kill'],
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '12' }, seconds: { type: 'string', default: '600' } },
});

/** A copy of the build beside its packages, with one bug. */
function plant({ js, py }) {
  const caches = join(ROOT, 'node_modules/.cache');
  mkdirSync(caches, { recursive: true });
  const folder = mkdtempSync(join(caches, 'xtrack-planted-'));
  for (const name of ['dist', 'python']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of ['src', 'package.json']) symlinkSync(join(ROOT, name), join(folder, name));
  const bundle = join(folder, 'dist/bundle');
  const scripts = readdirSync(bundle, { recursive: true }).map((name) => join(bundle, name));
  const places = py === undefined ? scripts.filter((path) => path.endsWith('.js')) : [join(folder, 'python/xtrack', py[0])];
  const [find, change] = py === undefined ? js : py.slice(1);
  const found = places.filter((path) => readFileSync(path, 'utf8').includes(find));
  if (found.length === 0) throw new Error(`the place of the bug is not there any more: ${find}`);
  for (const path of found) writeFileSync(path, readFileSync(path, 'utf8').replace(find, change));
  return folder;
}

/** True when a round with the bug failed. */
function isCaught(name) {
  const folder = plant(PLANTS[name]);
  try {
    const words = ['--dist', join(folder, 'dist'), '--python', join(folder, 'python'), '--only', PLANTS[name].only.join(',')];
    const limits = ['--rounds', values.rounds, '--seconds', values.seconds, '--parallel', '2', '--again', '0', '--until-failed'];
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'test/faults/run.mjs'), ...words, ...limits], { encoding: 'utf8' });
    const failed = /^FAILED.*\n(.*)/m.exec(stdout);
    const played = stdout.match(/^(ok|FAILED) /gm)?.length ?? 0;
    process.stdout.write(`${failed === null ? 'NOT CAUGHT' : 'caught    '} ${name}, ${played} rounds: ${failed?.[1]?.trim() ?? ''}\n`);
    return failed !== null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const names = positionals.length > 0 ? positionals : Object.keys(PLANTS);
process.exitCode = names.filter((name) => !isCaught(name)).length > 0 ? 1 : 0;
