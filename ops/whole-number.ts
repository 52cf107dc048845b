import { UserError } from '../shared/errors.ts';

/** The value of a flag. @throws {UserError} naming the flag and its bounds */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UserError(`${flag} ${text}: must be a whole number between ${min} and ${max}`);
}
