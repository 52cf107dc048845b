import { existsSync } from 'node:fs';
import { prepare, ROOT, run, tool } from './prepare.mjs';

await prepare();
const checks = [
  [tool('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '.'],
  [tool('typescript', 'bin/tsc'), '--noEmit'],
];
if (existsSync(`${ROOT}/api/console/tsconfig.json`)) {
  checks.push([tool('typescript', 'bin/tsc'), '--noEmit', '-p', 'api/console']);
}
let failures = 0;
for (const check of checks) failures += (await run(process.execPath, check)) === 0 ? 0 : 1;

const { runTests } = await import('../../dist/ops/testing/run.js');
const tests = await runTests(process.argv.slice(2));
process.exit(tests || (failures ? 1 : 0));
