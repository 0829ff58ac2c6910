// Results in memory that came back from whoever had one before: fresh memory is cleared by the system page by page, and
// what crosses to another thread and is dropped there is collected in the time of the threads.

import type { RaggedIds } from './batch-encoding.js';

/** A little more than is needed, so that the next result, of about as many ids, fits as well. */
const MARGIN = 1.25;
/** Memory of one long line is not kept for short ones. */
const LARGEST_WASTE = 1 << 26;

/** Some rows in the memory of others, the buffers of their ids and of their splits, as far as they fit. */
export function placedIn(
  [forIds, forSplits]: ArrayBuffer[],
  { ids, rowSplits }: RaggedIds,
): RaggedIds {
  const room = memoryFor(ids, forIds);
  const placedIds =
    ids instanceof Int32Array
      ? new Int32Array(room, 0, ids.length)
      : new Uint16Array(room, 0, ids.length);
  placedIds.set(ids);
  const placedSplits = new Int32Array(memoryFor(rowSplits, forSplits), 0, rowSplits.length);
  placedSplits.set(rowSplits);
  return { ids: placedIds, rowSplits: placedSplits };
}

function memoryFor({ byteLength }: ArrayBufferView, old: ArrayBuffer | undefined): ArrayBuffer {
  const waste = (old?.byteLength ?? 0) - byteLength;
  if (old && waste >= 0 && waste <= LARGEST_WASTE) return old;
  return new ArrayBuffer(Math.ceil((MARGIN * byteLength) / 4) * 4);
}
