import { Decimal } from '../../shared/domain/decimal.ts';

/** A decimal string or float with so many places and thousands marked: `100,000.00`. A true minus, no `-0.00`. */
export function money(value: string | number, places = 2): string {
  const rounded = new Decimal(value).toFixed(places);
  const [whole = '', fraction] = rounded.replace('-', '').split('.');
  const negative = rounded.startsWith('-') && /[1-9]/.test(rounded);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${negative ? '−' : ''}${grouped}${fraction ? `.${fraction}` : ''}`;
}

/** The same with its sign always shown. */
export const signed = (value: string | number, places = 2): string => {
  const text = money(value, places);
  return text.startsWith('−') || !/[1-9]/.test(text) ? text : `+${text}`;
};

/** A price or size as it is, thousands marked. */
export const exact = (value: string): string =>
  money(value, (new Decimal(value).toFixed().split('.')[1] ?? '').length);

export const count = (value: number): string => value.toLocaleString('en-US');

/** A fraction as a percentage; never 100 % unless it is whole. */
export function percent(fraction: number, places = 1): string {
  const scaled = fraction * 100;
  const shown = scaled < 100 ? Math.min(scaled, 100 - 10 ** -places) : scaled;
  return `${money(shown, places)} %`;
}

/** `14:05:09`, UTC. */
export const time = (ts: number): string => new Date(ts).toISOString().slice(11, 19);

/** `Friday, 20 November 2026`. */
export const longDay = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(Date.parse(`${day}T00:00:00Z`));
