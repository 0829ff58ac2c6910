// Results in memory that came back from whoever had one before: fresh memory is cleared by the system page by page, and
// what crosses to another thread and is dropped there is collected in the time of the threads.

import type { RaggedIds } from './batch-encoding.js';

/** A little more than is needed, so that the next result, of about as many ids, fits as well. */
const MARGIN = 1.25;

/** Some rows in the memory of others that nobody needs any more, as far as that is large enough. */
export function placedIn(old: RaggedIds | undefined, { ids, rowSplits }: RaggedIds): RaggedIds {
  const room = memoryFor(ids, old?.ids);
  const placedIds =
    ids instanceof Int32Array
      ? new Int32Array(room, 0, ids.length)
      : new Uint16Array(room, 0, ids.length);
  placedIds.set(ids);
  const placedSplits = new Int32Array(memoryFor(rowSplits, old?.rowSplits), 0, rowSplits.length);
  placedSplits.set(rowSplits);
  return { ids: placedIds, rowSplits: placedSplits };
}

function memoryFor({ byteLength }: ArrayBufferView, old?: ArrayBufferView): ArrayBufferLike {
  if (old && old.buffer.byteLength >= byteLength) return old.buffer;
  return new ArrayBuffer(Math.ceil((MARGIN * byteLength) / 4) * 4);
}
