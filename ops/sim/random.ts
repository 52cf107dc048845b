/**
 * Seeded randomness. The same words give the same numbers on every machine: only 32-bit integer arithmetic.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Standard normal. */
  normal(): number;
}

/** FNV-1a over the words, as an unsigned 32-bit integer. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hash(...words: (string | number)[]): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(words.join('|'))) {
    state = Math.imul(state ^ byte, 0x01000193);
  }
  return mix(state);
}

/** A generator whose whole sequence is decided by the words. Algorithm: sfc32 of PractRand. */
export function seeded(...words: (string | number)[]): Random {
  let a = hash('a', ...words);
  let b = hash('b', ...words);
  let c = hash('c', ...words);
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return { next, normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) };
}

/** A smooth seeded curve in [-1, 1]: a random value at each whole `x`, joined by cosines. */
export function smoothNoise(seed: number, x: number): number {
  const left = Math.floor(x);
  const share = (1 - Math.cos(Math.PI * (x - left))) / 2;
  return lattice(seed, left) * (1 - share) + lattice(seed, left + 1) * share;
}

const lattice = (seed: number, x: number) => mix(seed ^ Math.imul(x | 0, 0x9e3779b1)) / 2 ** 31 - 1;

/** The finalizer of MurmurHash3: every input bit reaches every output bit. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
