import { createHash } from 'node:crypto';

/** Fit for a job id or a folder, and different for different texts: `BTC/USDT:USDT` → `BTC-USDT-USDT-1f2e3d`. */
export const slug = (text: string): string =>
  /^[A-Za-z0-9]+$/.test(text)
    ? text
    : `${text.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${createHash('sha1').update(text).digest('hex').slice(0, 6)}`;
