// XXH64 with seed 0, as streaming state: the checksum inside zstd frames, which fzstd does not check.
//
// 64-bit numbers are pairs of unsigned 32-bit halves; BigInt would be twenty times slower.

const P1 = [0x9e3779b1, 0x85ebca87] as const; // high, low
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const;
const P3 = [0x165667b1, 0x9e3779f9] as const;
const P4 = [0x85ebca77, 0xc2b2ae63] as const;
const P5 = [0x27d4eb2f, 0x165667c5] as const;

/** Adds bytes piece by piece, then digests once. */
export class Xxh64 {
  readonly #lanes = Uint32Array.of(
    0x60ea27ee,
    0xadc0b5d6,
    P2[0],
    P2[1],
    0,
    0,
    0x61c8864e,
    0x7a143579,
  );
  readonly #block = new Uint8Array(32);
  readonly #view = new DataView(this.#block.buffer);
  #filled = 0;
  #total = 0;

  update(bytes: Uint8Array): void {
    this.#total += bytes.length;
    let at = 0;
    if (this.#filled > 0) {
      const take = Math.min(32 - this.#filled, bytes.length);
      this.#block.set(bytes.subarray(0, take), this.#filled);
      this.#filled += take;
      at = take;
      if (this.#filled < 32) return;
      stripe(this.#lanes, this.#view, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; at + 32 <= bytes.length; at += 32) stripe(this.#lanes, view, at);
    this.#block.set(bytes.subarray(at));
    this.#filled = bytes.length - at;
  }

  /** High and low half of the hash. */
  digest(): { readonly high: number; readonly low: number } {
    const lanes = this.#lanes;
    if (this.#total >= 32) {
      set(0, 0);
      for (let lane = 0; lane < 4; lane++) {
        const [h, l] = rotated(
          lanes[2 * lane] ?? 0,
          lanes[2 * lane + 1] ?? 0,
          ROTATIONS[lane] ?? 0,
        );
        add(h, l);
      }
      for (let lane = 0; lane < 4; lane++) {
        const [h, l] = [high, low];
        round(0, 0, lanes[2 * lane] ?? 0, lanes[2 * lane + 1] ?? 0);
        set(h ^ high, l ^ low);
        multiply(P1[0], P1[1]);
        add(P4[0], P4[1]);
      }
    } else {
      set(P5[0], P5[1]);
    }
    add(Math.floor(this.#total / 2 ** 32), this.#total >>> 0);
    let at = 0;
    for (; at + 8 <= this.#filled; at += 8) {
      const [h, l] = [high, low];
      round(0, 0, this.#view.getUint32(at + 4, true), this.#view.getUint32(at, true));
      set(h ^ high, l ^ low);
      rotate(27);
      multiply(P1[0], P1[1]);
      add(P4[0], P4[1]);
    }
    if (at + 4 <= this.#filled) {
      const [h, l] = [high, low];
      set(0, this.#view.getUint32(at, true));
      multiply(P1[0], P1[1]);
      set(h ^ high, l ^ low);
      rotate(23);
      multiply(P2[0], P2[1]);
      add(P3[0], P3[1]);
      at += 4;
    }
    for (; at < this.#filled; at++) {
      const [h, l] = [high, low];
      set(0, this.#block[at] ?? 0);
      multiply(P5[0], P5[1]);
      set(h ^ high, l ^ low);
      rotate(11);
      multiply(P1[0], P1[1]);
    }
    shiftXor(33);
    multiply(P2[0], P2[1]);
    shiftXor(29);
    multiply(P3[0], P3[1]);
    shiftXor(32);
    return { high: high >>> 0, low: low >>> 0 };
  }
}

const ROTATIONS = [1, 7, 12, 18] as const;

// The accumulator of one operation after another: registers, not state. Nothing survives a call.
let high = 0;
let low = 0;

function set(h: number, l: number): void {
  high = h >>> 0;
  low = l >>> 0;
}

function add(h: number, l: number): void {
  const sum = (low >>> 0) + (l >>> 0);
  high = (high + h + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  low = sum >>> 0;
}

function multiply(h: number, l: number): void {
  // low x l in full from 16-bit parts, the cross products modulo 2^32.
  const a = low & 0xffff;
  const b = low >>> 16;
  const c = l & 0xffff;
  const d = l >>> 16;
  const ac = Math.imul(a, c) >>> 0;
  const ad = Math.imul(a, d) >>> 0;
  const bc = Math.imul(b, c) >>> 0;
  const middle = (ac >>> 16) + (ad & 0xffff) + (bc & 0xffff);
  const carry = (ad >>> 16) + (bc >>> 16) + (middle >>> 16);
  const upper = (Math.imul(b, d) >>> 0) + carry;
  high = (upper + Math.imul(high, l) + Math.imul(low, h)) >>> 0;
  low = ((middle << 16) | (ac & 0xffff)) >>> 0;
}

function rotate(bits: number): void {
  const [h, l] = rotated(high, low, bits);
  set(h, l);
}

function rotated(h: number, l: number, bits: number): [number, number] {
  return bits < 32
    ? [((h << bits) | (l >>> (32 - bits))) >>> 0, ((l << bits) | (h >>> (32 - bits))) >>> 0]
    : [
        ((l << (bits - 32)) | (h >>> (64 - bits))) >>> 0,
        ((h << (bits - 32)) | (l >>> (64 - bits))) >>> 0,
      ];
}

function shiftXor(bits: number): void {
  if (bits >= 32) set(high, low ^ (high >>> (bits - 32)));
  else set(high ^ (high >>> bits), low ^ ((low >>> bits) | (high << (32 - bits))));
}

/** acc = rotl(acc + input * P2, 31) * P1 */
function round(accHigh: number, accLow: number, inputHigh: number, inputLow: number): void {
  set(inputHigh, inputLow);
  multiply(P2[0], P2[1]);
  add(accHigh, accLow);
  const h = high;
  high = ((h << 31) | (low >>> 1)) >>> 0;
  low = ((low << 31) | (h >>> 1)) >>> 0;
  multiply(P1[0], P1[1]);
}

function stripe(lanes: Uint32Array, view: DataView, at: number): void {
  for (let lane = 0; lane < 8; lane += 2) {
    const from = at + 4 * lane;
    round(
      lanes[lane] ?? 0,
      lanes[lane + 1] ?? 0,
      view.getUint32(from + 4, true),
      view.getUint32(from, true),
    );
    lanes[lane] = high;
    lanes[lane + 1] = low;
  }
}
