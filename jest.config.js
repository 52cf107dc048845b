/** Jest runs the TypeScript sources as ES modules; `npm test` starts the services they talk to. */
export default {
  testMatch: ['<rootDir>/{shared,producers,workers,api,ops}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } },
    ],
  },
  testEnvironment: 'node',
  testTimeout: 30_000,
  maxWorkers: 2,
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  reporters: ['default', '<rootDir>/ops/testing/count-reporter.js'],
};
