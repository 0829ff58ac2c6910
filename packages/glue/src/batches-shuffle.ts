// A shuffled copy that is a function of (seed, draw): nothing to save but two numbers.

/** Fisher and Yates with numbers of Mulberry32, started from a mix of seed and draw. */
export function shuffled<T>(items: readonly T[], seed: number, draw: number): T[] {
  const random = mulberry32(mix(mix(seed | 0) ^ draw));
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

function mulberry32(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The finaliser of MurmurHash3, so that neighbouring seeds start far apart. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
