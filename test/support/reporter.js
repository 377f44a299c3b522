const { readFileSync, rmSync, writeSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { stripVTControlCharacters } = require('node:util');

const inCi = Boolean(process.env.CI) && process.env.CI !== 'false';
const isSkipped = ({ status }) => status === 'pending' || status === 'todo' || status === 'disabled';

/**
 * Says at the very end what ran, what did not and why, what tests measured, and the totals as the last line. In CI nothing may be
 * skipped, or the run fails. A test file that cannot be loaded counts as one failed test.
 */
class Reporter {
  constructor(globalConfig) {
    this.projects = require(path.join(globalConfig.rootDir, 'package.json')).jest.projects.map(({ displayName }) => displayName);
    // Test files run in processes that start later and inherit the variable.
    process.env.WARREN_TEST_NOTES ??= path.join(tmpdir(), `warren-test-notes-${process.pid}`);
  }

  onRunStart() {
    this.files = [];
  }

  onTestResult({ context }, result) {
    this.files.push({ project: context.config.displayName?.name, result });
  }

  onRunComplete() {
    const lines = this.projects.map((project) => {
      const results = this.files.filter((file) => file.project === project).map(({ result }) => result);
      return `${project}: ${results.length > 0 ? describe(results) : 'not run, nothing of it was selected'}`;
    });
    const total = count(this.files.map(({ result }) => result));
    if (inCi && total.passed + total.failed === 0) this.error = new Error('CI: no test ran');
    else if (inCi && total.skipped > 0) this.error = new Error(`CI: ${total.skipped} tests were skipped`);
    const report = ['', ...lines, ...notes(), ...secondAttempts(this.files), ...(this.error ? [this.error.message] : [])];
    // Jest's own summary and the global teardown come after the reporters, and jest mutes the streams before it exits.
    process.once('exit', (code) => {
      const failure = code !== 0 && total.failed === 0 && !this.error ? ['the run failed outside of tests: see the error above'] : [];
      writeSync(1, `${[...report, ...failure, summary(total)].join('\n')}\n`);
    });
  }

  /** Jest fails the run when a reporter has an error. */
  getLastError() {
    return this.error;
  }
}

function count(results) {
  const tests = results.flatMap((file) => file.testResults);
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + results.filter(couldNotRun).length,
    skipped: tests.filter(isSkipped).length,
  };
}

function couldNotRun(file) {
  return file.testExecError !== undefined || (file.failureMessage && file.numFailingTests === 0);
}

function describe(results) {
  const why = process.env.SKIP_BROKER === '1' && results.some(({ skipped, numPendingTests }) => skipped || numPendingTests > 0);
  return `${summary(count(results))}${why ? ' (SKIP_BROKER=1)' : ''}`;
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Tests that failed and then passed, with the first line of the reason. */
function secondAttempts(files) {
  return files.flatMap(({ result }) =>
    result.testResults
      .filter(({ status, invocations }) => status === 'passed' && invocations > 1)
      .map(
        ({ fullName, retryReasons }) =>
          `  passed only at the second attempt: ${path.relative(process.cwd(), result.testFilePath)}: ${fullName}: ` +
          stripVTControlCharacters(retryReasons?.[0] ?? '').split('\n', 1)[0],
      ),
  );
}

function notes() {
  try {
    const facts = readFileSync(process.env.WARREN_TEST_NOTES, 'utf8').trim().split('\n');
    rmSync(process.env.WARREN_TEST_NOTES);
    return facts.map((fact) => `  ${fact}`);
  } catch {
    return [];
  }
}

module.exports = Reporter;
