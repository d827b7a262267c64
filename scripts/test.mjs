/** `npm test`: unit, property and integration tests (vitest), then the browser tests (Playwright). Ends with one countable line. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const reports = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-reports-'));
const only = process.argv.slice(2);

/** Runs a program of node_modules and answers its exit code; it ends with this process, as it does on Ctrl-C. */
const run = (file, args, env = {}) =>
  new Promise(resolve => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules', file), ...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    const pass = signal => child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(signal ? 1 : (code ?? 1));
    });
  });

const readReport = file => {
  try {
    return JSON.parse(fs.readFileSync(path.join(reports, file), 'utf8'));
  } catch {
    return null;
  }
};

/** Counts a suite; one that could not even run counts as one failure, and so does an exit code that its counts do not explain. */
const counted = (code, counts) => {
  if (!counts) return { passed: 0, failed: 1, names: ['a suite that did not run'] };
  const unexplained = code !== 0 && counts.failed === 0;
  if (unexplained) counts.names.push(`something outside of the tests: exit code ${code}`);
  return { ...counts, failed: unexplained ? 1 : counts.failed };
};

/** One failure in a few lines: a log is often kept from its end only. */
const failure = (file, name, message = '') => {
  const why = stripVTControlCharacters(message).split('\n').slice(0, 12).join('\n    ');
  return `${path.relative(root, path.resolve(root, file))} › ${name}\n    ${why}`;
};

const failedUnits = report =>
  report.testResults.flatMap(({ name: file, message, assertionResults }) => [
    ...(message ? [failure(file, 'the file', message)] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(test => failure(file, test.fullName, test.failureMessages.join('\n'))),
  ]);

const failedPages = ({ suites = [], specs = [] }) => [
  ...specs
    .filter(({ ok }) => !ok)
    .map(spec => {
      const errors = spec.tests.flatMap(test => test.results.flatMap(result => result.errors ?? []));
      return failure(path.join('e2e', spec.file), spec.title, errors.map(({ message }) => message).join('\n'));
    }),
  ...suites.flatMap(failedPages),
];

const unit = async () => {
  const file = path.join(reports, 'vitest.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run('vitest/vitest.mjs', args);
  const report = readReport('vitest.json');
  return counted(
    code,
    report && { passed: report.numPassedTests, failed: report.numFailedTests, names: failedUnits(report) },
  );
};

const browser = async () => {
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: path.join(reports, 'playwright.json') };
  const code = await run('@playwright/test/cli.js', ['test', '--reporter=list,json'], env);
  const report = readReport('playwright.json');
  return counted(
    code,
    report && {
      passed: report.stats.expected + report.stats.flaky,
      failed: report.stats.unexpected,
      names: failedPages(report),
    },
  );
};

const suites = { unit, e2e: browser };
const chosen = only.length > 0 ? only : Object.keys(suites);
if (chosen.some(name => !Object.hasOwn(suites, name))) {
  console.error(`usage: npm test -- [${Object.keys(suites).join('|')}]`);
  process.exit(2);
}
const totals = { passed: 0, failed: 0, names: [] };
for (const name of chosen) {
  const { passed, failed, names } = await suites[name]();
  totals.passed += passed;
  totals.failed += failed;
  totals.names.push(...names);
}
fs.rmSync(reports, { recursive: true, force: true });
if (totals.names.length > 0) console.log(`\nfailed tests:\n${totals.names.join('\n')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;
