// Element types of weight files, in the order in which safetensors sorts them.
//
// float16, bfloat16 and 8-bit floats have no typed array: their bits are kept as unsigned integers.

export type Dtype =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'F8_E5M2'
  | 'F8_E4M3'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'F64'
  | 'I64'
  | 'U64';

export type WeightData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

interface WeightArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): WeightData;
}

const ARRAYS: Readonly<Record<Dtype, WeightArrayConstructor>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
};

const RANKS: ReadonlyMap<string, number> = new Map(Object.keys(ARRAYS).map((name, i) => [name, i]));

/** Whether `name` is an element type that this package reads. */
export function isDtype(name: string): name is Dtype {
  return RANKS.has(name);
}

/** Bytes of one element. */
export function dtypeBytes(dtype: Dtype): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** Place of a type in the order of safetensors; wider types come later. */
export function dtypeRank(dtype: Dtype): number {
  return RANKS.get(dtype) ?? -1;
}

/**
 * `bytes` seen as elements of `dtype`: a view where the alignment allows it, else a copy.
 *
 * Weight files are little-endian, and so is every machine that Node.js runs on with typed arrays in use here.
 */
export function viewAs(dtype: Dtype, bytes: Uint8Array): WeightData {
  const array = ARRAYS[dtype];
  const size = array.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new array(aligned.buffer, aligned.byteOffset, bytes.byteLength / size);
}

/** Whether `data` is the typed array that `dtype` asks for. */
export function holds(dtype: Dtype, data: WeightData): boolean {
  // by name: typed arrays of another JavaScript realm are as good
  return Object.prototype.toString.call(data) === `[object ${arrayName(dtype)}]`;
}

/** Name of the typed array for `dtype`. */
export function arrayName(dtype: Dtype): string {
  return Object.prototype.toString.call(new ARRAYS[dtype](new ArrayBuffer(0), 0, 0)).slice(8, -1);
}
