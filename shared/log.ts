import { type Logger, pino } from 'pino';

export type Log = Logger;

/** Names whose values never reach a log, wherever they stand in an object up to two levels down. */
const SECRET_FIELDS = ['password', 'secret', 'token', 'apiKey', 'authorization', 'cookie', 'url'];

/**
 * One JSON line per fact, on stderr, so that stdout stays free for data.
 * Credentials inside URLs and secret-named fields are masked.
 */
export function createLog(name: string, level = 'info'): Log {
  return pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: (value) => maskUrl(String(value)) ?? '***',
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** A URL with its password masked; undefined when the text is no URL with a host. */
export function maskUrl(text: string): string | undefined {
  try {
    const url = new URL(text);
    if (!url.host) return undefined;
    if (url.password) url.password = '***';
    if (url.username && !url.password) url.username = '***';
    return url.toString();
  } catch {
    return undefined;
  }
}
