// What the tests of both languages came to, in one form and one line of totals.

import { relative } from './tree.mjs';

/** unittest has no machine-readable report; this is its own runner with one more method. */
export const UNITTEST = `
import json, sys, unittest
class Result(unittest.TextTestResult):
    passed = 0
    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
suite = unittest.defaultTestLoader.discover(sys.argv[2], sys.argv[3], top_level_dir="python")
result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
names = lambda pairs: [str(pair[0].id()) for pair in pairs]
with open(sys.argv[1], "w") as report:
    json.dump({"passed": result.passed + len(result.expectedFailures),
        "failed": sorted(set(names(result.failures + result.errors) + [test.id() for test in result.unexpectedSuccesses])),
        "skipped": ["%s (%s)" % (test.id(), reason) for test, reason in result.skipped]}, report)
`;

/** One file of vitest's report. */
export function readTestFile({ name, status, assertionResults }) {
  const named = (wanted) => assertionResults.filter((test) => wanted(test.status)).map((test) => `${relative(name)} › ${test.fullName}`);
  const failed = named((verdict) => verdict === 'failed');
  const skipped = named((verdict) => verdict !== 'failed' && verdict !== 'passed');
  const passed = assertionResults.length - failed.length - skipped.length;
  // A file that cannot be loaded, or whose hooks fail, may have no failed test of its own.
  if (status === 'failed' && failed.length === 0) failed.push(`${relative(name)} could not be run`);
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
  for (const name of failed) console.log(`failed: ${name}`);
  for (const name of skipped) console.log(`skipped: ${name}`);
  if (strict && skipped.length > 0) console.log('XTRACK_TEST_REQUIRE=all: a skipped test is a failure');
  if (passed + failed.length === 0) console.log('no test was run');
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length > 0 || passed === 0 || (strict && skipped.length > 0) ? 1 : 0;
}
