import { STATUS_CODES } from 'node:http';
import { MillraceError, RejectError, RetryError } from '../../shared/errors.ts';

/**
 * A refusal as RFC 9457 has it. `detail` is for the person who asked; it never holds SQL, paths or stacks.
 * https://www.rfc-editor.org/rfc/rfc9457
 */
export class Problem extends MillraceError {
  readonly status: number;
  readonly errors: { field: string; message: string }[];
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    detail: string,
    options: { errors?: { field: string; message: string }[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.status = status;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }

  toJSON() {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      ...(this.errors.length > 0 && { errors: this.errors }),
    };
  }
}

export const notFound = (what = 'nothing') => new Problem(404, `there is ${what} here`);
export const unauthorized = () =>
  new Problem(401, 'log in first', { headers: { 'WWW-Authenticate': 'Bearer' } });
export const unavailable = (detail = 'a part of the cluster is away: try again in a moment') =>
  new Problem(503, detail, { headers: { 'Retry-After': '2' } });

/** What to answer for anything that was thrown; undefined for a defect, which is a 500. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof RejectError)
    return new Problem(400, error.message, { errors: [{ field: error.where, message: error.message }] });
  if (isAway(error)) return unavailable();
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Problem(status, CLIENT_ERRORS[status] ?? 'this request cannot be read');
  return undefined;
}

const CLIENT_ERRORS: Record<number, string> = {
  400: 'the request or its JSON is malformed',
  413: 'the body is larger than 100 kB',
  415: 'the body must be application/json, uncompressed',
};

const AWAY_CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|08\w{3}|57P0[123]|57014|53300)$/;
const AWAY_MESSAGES = /^(Stream isn't writeable|Connection is closed|LOADING|Reached the max retries)/;

/** PostgreSQL or Redis is not there, or not yet: the same request may succeed later. */
function isAway(error: unknown): boolean {
  if (error instanceof RetryError) return true;
  if (error instanceof AggregateError) return error.errors.some(isAway);
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  return (
    (typeof code === 'string' && AWAY_CODES.test(code)) ||
    name === 'MaxRetriesPerRequestError' ||
    (typeof message === 'string' && AWAY_MESSAGES.test(message))
  );
}
