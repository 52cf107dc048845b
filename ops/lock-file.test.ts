import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from './migrations.ts';

interface Lock {
  packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;

/** A registry that lacks a platform's package leaves it out of the lock file, and `npm ci` refuses such a file. */
test('package-lock.json names the optional packages of every platform, so that `npm ci` works on a fresh clone', () => {
  const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(folder, name)),
  );
  expect(missing).toEqual([]);
});

test('package-lock.json has a version for every package', () => {
  expect(Object.keys(packages).filter((folder) => folder && !packages[folder]?.version)).toEqual([]);
});

function isLocked(folder: string, name: string): boolean {
  if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
  if (!folder) return false;
  return isLocked(folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/'))), name);
}
