/** Figures for people. The exact decimal string stays in the title of the element. */
const formats = new Map<string, Intl.NumberFormat>();

function format(value: number, minimum: number, maximum: number): string {
  const key = `${minimum} ${maximum}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: minimum,
      maximumFractionDigits: maximum,
    });
    formats.set(key, found);
  }
  return found.format(value);
}

/** Decimals that suit the magnitude, the same for all prices of a column. */
export function price(text: string | number): string {
  const value = Number(text);
  const digits = Math.abs(value) >= 1 ? 2 : Math.abs(value) >= 0.01 ? 4 : 8;
  return format(value, digits, digits);
}

export const size = (text: string | number): string => format(Number(text), 4, 6);
export const money = (text: string | number): string => format(Number(text), 2, 2);
export const count = (value: number): string => format(value, 0, 0);

export function signed(text: string | number): string {
  const value = Number(text);
  const shown = money(Math.abs(value));
  if (Number(shown.replaceAll(',', '')) === 0) return shown;
  return `${value > 0 ? '+' : '−'}${shown}`;
}

export const percent = (ratio: number): string =>
  `${ratio > 0 ? '+' : ratio < 0 ? '−' : ''}${format(Math.abs(ratio) * 100, 2, 2)} %`;

/** `1.25 bp`; a dash where there is none. */
export const basisPoints = (value: number | null): string =>
  value === null ? '–' : `${format(value, 2, 2)} bp`;

export const megabytes = (bytes: number): string => `${format(bytes / 1024 / 1024, 0, 0)} MB`;

/** `420 ms`, `3.2 s`, `4 min`, `2 h`, `3 d`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${format(ms / 1000, 1, 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

/** `14:03:07` today, `2026-11-20 14:03` on another day; UTC. */
export function utc(ms: number, now = Date.now()): string {
  const iso = new Date(ms).toISOString();
  return iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? iso.slice(11, 19)
    : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
