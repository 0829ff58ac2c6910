// One 32-bit mixing step for everything keyed here: draws, permutations, the fingerprint of the input.
// The constants are those of "lowbias32" (Chris Wellons, hash-prospector).

/** A bijection of the 32-bit integers whose output bits each depend on every input bit. */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
