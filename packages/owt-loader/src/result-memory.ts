// Results of chunks on their way between threads: all arrays of one in one buffer, which goes back for another. Fresh
// memory is cleared by the system page by page, and what a thread drops that it was sent makes it collect garbage.

import type { ChunkResult } from './process-chunk.js';

/** A little more than is needed, so that other results, of about as many examples, fit as well. */
const MARGIN = 1.25;
/** Memory of one large result is not kept for small ones. */
const LARGEST_WASTE = 1 << 23;

/** A result whose arrays all lie in `memory`. */
export interface PlacedResult {
  readonly result: ChunkResult;
  readonly memory: ArrayBuffer;
}

/** A copy of a result, in the memory of an earlier one if it fits. */
export function placeResult(result: ChunkResult, old?: ArrayBuffer): PlacedResult {
  const { columns } = result;
  const memory = memoryFor(sizeOf(result) + sizeOf(columns), old);
  let free = 0;
  const place = <A extends Uint8Array | Uint16Array | Uint32Array>(array: A): A => {
    // the class of the array itself
    const View = array.constructor as new (memory: ArrayBuffer, at: number, length: number) => A;
    const copy = new View(memory, free, array.length);
    copy.set(array);
    free += aligned(array.byteLength);
    return copy;
  };
  return {
    memory,
    result: {
      documents: result.documents,
      identities: place(result.identities),
      characters: place(result.characters),
      examples: place(result.examples),
      contaminated: place(result.contaminated),
      counts: place(result.counts),
      columns: {
        rows: columns.rows,
        ids: place(columns.ids),
        lengths: place(columns.lengths),
        splits: place(columns.splits),
        documents: place(columns.documents),
      },
    },
  };
}

function memoryFor(size: number, old: ArrayBuffer | undefined): ArrayBuffer {
  const waste = (old?.byteLength ?? 0) - size;
  return old && waste >= 0 && waste <= LARGEST_WASTE
    ? old
    : new ArrayBuffer(aligned(Math.min(MARGIN * size, size + LARGEST_WASTE)));
}

/** Bytes of the arrays of an object, each aligned. */
function sizeOf(columns: object): number {
  const arrays = Object.values(columns).filter(ArrayBuffer.isView);
  return arrays.reduce((sum, { byteLength }) => sum + aligned(byteLength), 0);
}

/** To whole words of four bytes. */
function aligned(bytes: number): number {
  return 4 * Math.ceil(bytes / 4);
}
