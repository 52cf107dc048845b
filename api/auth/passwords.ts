import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';
import { RetryError } from '../../shared/errors.ts';

/** OWASP's argon2id floor. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const AT_ONCE = 2;
const MAX_WAITING = 50;

/** A password that may be set: 12 to 256 characters, none cut off. */
export const newPassword = z
  .string()
  .min(12, 'must have at least 12 characters')
  .max(256, 'must have at most 256 characters');

/** The argon2id hash to store. */
export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password, COST));

/**
 * Whether the password fits the hash. Without a hash (no such user) it takes as long and answers false.
 */
export async function checkPassword(password: string, stored: string | undefined): Promise<boolean> {
  dummy ??= hash('nobody has this password', COST);
  const against = stored ?? (await dummy);
  const fits = await inTurn(() => verify(against, password));
  return fits && stored !== undefined;
}

let dummy: Promise<string> | undefined;
let running = 0;
const waiting: (() => void)[] = [];

/** Each hash takes 19 MiB, so only few run at once and a flood is turned away. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MAX_WAITING) throw new RetryError('too many logins at once');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running++;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
