// Small arrays, cut one after another from larger ones, as Node cuts its small Buffers: an array with
// memory of its own costs several times what it takes to fill it.

/** Numbers of a block: 16 KiB, the most that one kept array can keep alive. */
const BLOCK = 4096;
/** Longer arrays get memory of their own. */
const SMALL = BLOCK / 4;

let block: Int32Array = new Int32Array(0);
let used = 0;

/** An array of zeros that shares no number with any other, but maybe its buffer. */
export function smallArray(length: number): Int32Array {
  if (length > SMALL) return new Int32Array(length);
  if (used + length > block.length) {
    block = newBlock();
    used = 0;
  }
  used += length;
  return block.subarray(used - length, used);
}

/** A block that, in Node, stays where it is if one of its arrays is transferred to a thread. */
function newBlock(): Int32Array {
  const fresh = new Int32Array(BLOCK);
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  threads?.markAsUntransferable?.(fresh.buffer); // other hosts may have threads without it
  return fresh;
}
