import { expect, test } from '@jest/globals';
import { loadConfig } from './config.ts';

test.each([
  ['RETENTION_TRADES', '90'],
  ['RETENTION_BOOKS', '0d'],
  ['RETENTION_CANDLES', '2 weeks'],
  ['COMPRESS_AFTER', 'soon'],
])('%s=%s is refused with what it must be', (name, value) => {
  expect(() => loadConfig({ [name]: value })).toThrow(
    `${name}=${value} is not valid: must be a number of days`,
  );
});
