// Damage to a file, from a seed: bits, bytes, stretches overwritten, left out, repeated, moved, or the end cut off.

/** Mulberry32: numbers below `n`. */
function draws(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** One to four changes, most of them where the structure lies: before `structure`, or at the end. */
export function mutate(good: Uint8Array, structure: number, seed: number): Uint8Array {
  const draw = draws(seed);
  let bytes: Uint8Array = new Uint8Array(good); // a copy, which slice() of a Buffer is not
  const place = (): number => {
    const region = draw(8);
    if (region === 0) return draw(bytes.length);
    if (region === 1) return Math.max(0, bytes.length - 1 - draw(200));
    return draw(Math.min(structure, bytes.length));
  };
  for (let changes = 1 + draw(4); changes > 0 && bytes.length > 0; changes--) {
    const at = place();
    const length = Math.min(1 + draw(16), bytes.length - at);
    switch (draw(8)) {
      case 0:
      case 1:
        bytes[at] ^= 1 << draw(8);
        break;
      case 2:
        bytes[at] = draw(256);
        break;
      case 3:
        bytes.fill([0, 255, 127, 128][draw(4)], at, at + length);
        break;
      case 4:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length));
        break;
      case 5:
        bytes = joined(bytes.subarray(0, at + length), bytes.subarray(at));
        break;
      case 6:
        bytes.copyWithin(at, place(), bytes.length - length);
        break;
      default:
        bytes = draw(4) === 0 ? bytes.slice(0, at) : bytes;
    }
  }
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
