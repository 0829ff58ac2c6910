/** The larger array `to`, which starts with what is in `from`. */
export function enlarged<
  T extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array,
>(from: T, to: T): T {
  to.set(from);
  return to;
}
