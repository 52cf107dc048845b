/**
 * Errors answer one question: what now?
 *
 * - `UserError`: the person mends something (a flag, a setting, a file). One sentence, no stack trace, exit 2.
 * - `RejectError`: this input will never work (a bad frame, a bad payload). Set it aside, go on.
 * - `RetryError`: the world was not ready (a network, a lock). The same call may succeed later.
 * - `FencedError`: we are no longer the lease holder. Stop at once, change nothing more.
 *
 * Anything else is a defect and is allowed to crash the process.
 */
export class MillraceError extends Error {
  override get name() {
    return this.constructor.name;
  }
}

/** The person at the keyboard can mend this; the message names what is wrong, where, and the remedy. */
export class UserError extends MillraceError {}

/** This input is refused for good; `where` names the field or place. */
export class RejectError extends MillraceError {
  readonly where: string;
  constructor(message: string, where = '', options?: ErrorOptions) {
    super(message, options);
    this.where = where;
  }
}

/** Worth trying again; `afterMs` is the wait the other side asked for, if it did. */
export class RetryError extends MillraceError {
  readonly afterMs: number | undefined;
  constructor(message: string, options?: ErrorOptions & { afterMs?: number }) {
    super(message, options);
    this.afterMs = options?.afterMs;
  }
}

/** A write was refused because another holder has the lease now. */
export class FencedError extends MillraceError {}

/** The message of anything that was thrown, for logs and for people. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
