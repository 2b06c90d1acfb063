// What the tests of both languages came to, in one form and one line of totals.

import { relative } from './tree.mjs';

/** unittest has no machine-readable report; this is its own runner with one more method. Without names it finds the tests by itself. */
export const UNITTEST = `
import json, sys, unittest
class Result(unittest.TextTestResult):
    passed = 0
    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
report, folder, pattern, *names = sys.argv[1:]
loader = unittest.defaultTestLoader
suite = loader.loadTestsFromNames(names) if names else loader.discover(folder, pattern, top_level_dir="python")
result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
last = lambda text: (text.strip().splitlines() or [""])[-1]
failed = {test.id(): last(text) for test, text in result.failures + result.errors}
failed.update((test.id(), "it was expected to fail") for test in result.unexpectedSuccesses)
with open(report, "w") as file:
    json.dump({"passed": result.passed + len(result.expectedFailures),
        "failed": [{"name": name, "why": why} for name, why in sorted(failed.items())],
        "skipped": ["%s (%s)" % (test.id(), reason) for test, reason in result.skipped]}, file)
`;

/** Colours and other escapes of a terminal. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

function firstLine(text = '') {
  const line = text.replace(ESCAPES, '').trim().split('\n', 1)[0] ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** One file of vitest's report. */
export function readTestFile({ name, status, message, assertionResults }) {
  const file = relative(name);
  const named = (test) => `${file} › ${test.fullName}`;
  const failed = assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => ({ name: named(test), why: firstLine(test.failureMessages?.[0]), file }));
  const skipped = assertionResults.filter(({ status: verdict }) => verdict !== 'failed' && verdict !== 'passed').map(named);
  const passed = assertionResults.length - failed.length - skipped.length;
  // A file that cannot be loaded, or whose hooks fail, may have no failed test of its own.
  if (status === 'failed' && failed.length === 0) failed.push({ name: `${file} could not be run`, why: firstLine(message), file });
  return { passed, failed, skipped };
}

export function mergeResults(results) {
  return {
    passed: results.reduce((sum, result) => sum + result.passed, 0),
    failed: results.flatMap((result) => result.failed),
    skipped: results.flatMap((result) => result.skipped),
  };
}

/** Prints the failed and skipped by name, and the totals; the exit code. */
export function reportTests(results) {
  const { passed, failed, skipped } = mergeResults(results);
  const strict = process.env.XTRACK_TEST_REQUIRE === 'all';
  console.log('');
  for (const { name, why } of failed) console.log(`failed: ${name}${why ? `: ${why}` : ''}`);
  for (const name of skipped) console.log(`skipped: ${name}`);
  if (strict && skipped.length > 0) console.log('XTRACK_TEST_REQUIRE=all: a skipped test is a failure');
  if (passed + failed.length === 0) console.log('no test was run');
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length > 0 || passed === 0 || (strict && skipped.length > 0) ? 1 : 0;
}
