import { hash, seeded, smoothNoise } from './random.ts';

/**
 * The price that market makers believe in, as a factor around 1. A pure function of seed, symbol and absolute time:
 * a restart, or a stretch nobody simulated, changes nothing about where the price is afterwards.
 *
 * The main swing of about ±0.35 % has a period of 66 to 84 s that breathes a little, so that the means of the last
 * 50 and 200 one-second closes cross twice in each period: about every 40 s.
 */
export function fairPrice(seed: number, symbol: string): (ms: number) => number {
  const random = seeded(seed, symbol, 'fair price');
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const main = { period: between(66, 84), phase: random.next(), breath: between(500, 900) };
  const second = { period: between(230, 290), phase: random.next() };
  const tide = { period: between(2_700, 4_500), phase: random.next() };
  const grain = hash(seed, symbol, 'grain');
  const wave = (cycles: number) => Math.sin(2 * Math.PI * (cycles % 1));
  return (ms) => {
    const t = ms / 1000;
    const breath = 0.15 * smoothNoise(grain ^ 1, t / main.breath);
    return (
      1 +
      0.0035 * wave(t / main.period + main.phase + breath) +
      0.0004 * wave(t / second.period + second.phase) +
      0.0018 * wave(t / tide.period + tide.phase) +
      0.0006 * smoothNoise(grain ^ 2, t / 8) +
      0.0003 * smoothNoise(grain ^ 3, t)
    );
  };
}
