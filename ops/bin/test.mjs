import { prepare } from './prepare.mjs';

await prepare();
const { runTests } = await import('../../dist/ops/testing/run.js');
process.exit(await runTests(process.argv.slice(2)));
