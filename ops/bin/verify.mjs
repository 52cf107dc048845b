import { existsSync } from 'node:fs';
import { prepare, ROOT, run, tool } from './prepare.mjs';

await prepare();
const typescript = tool('typescript', 'bin/tsc');
const checks = {
  style: [tool('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '.'],
  types: [typescript, '--noEmit'],
};
if (existsSync(`${ROOT}/api/console/tsconfig.json`)) {
  checks["the console's types"] = [typescript, '--noEmit', '-p', 'api/console'];
}
const failed = [];
for (const [name, check] of Object.entries(checks)) {
  if ((await run(process.execPath, check)) !== 0) failed.push(name);
}

const { runTests } = await import('../../dist/ops/testing/run.js');
const tests = await runTests(process.argv.slice(2), failed);
process.exit(tests || (failed.length > 0 ? 1 : 0));
