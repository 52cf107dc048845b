/**
 * Ends Jest's output with the plain count that CI reads: `N passed, N failed, N skipped`. What `FAILED_CHECKS` names
 * failed before, and counts.
 */
export default class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const checks = process.env.FAILED_CHECKS?.split(', ') ?? [];
    if (checks.length > 0) process.stderr.write(`failed before the tests: ${checks.join(', ')}\n`);
    const failed = numFailedTests + numRuntimeErrorTestSuites + checks.length;
    const skipped = numPendingTests ? `, ${numPendingTests} skipped` : '';
    this.line = `${numPassedTests} passed, ${failed} failed${skipped}`;
    process.on('exit', () => process.stdout.write(`${this.line}\n`));
  }
}
