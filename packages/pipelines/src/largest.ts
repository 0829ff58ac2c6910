// The largest of many values without sorting them all.

/**
 * Places of the `k` largest of `values`, largest first; of equal values the earlier one.
 *
 * A heap of k places with the worst on top: most values are only compared with the top.
 */
export function largest(values: ArrayLike<number>, k: number): number[] {
  const size = Math.min(k, values.length);
  const heap = Array.from({ length: size }, (_, place) => place);
  const isWorse = (a: number, b: number): boolean =>
    values[a] < values[b] || (values[a] === values[b] && a > b);
  const sink = (from: number): void => {
    let at = from;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < size && isWorse(heap[child], heap[worst])) worst = child;
      }
      if (worst === at) return;
      [heap[at], heap[worst]] = [heap[worst], heap[at]];
      at = worst;
    }
  };
  for (let at = size >> 1; at >= 0; at--) sink(at);
  for (let place = size; place < values.length; place++) {
    if (values[place] <= values[heap[0]]) continue;
    heap[0] = place;
    sink(0);
  }
  return heap.sort((a, b) => (isWorse(a, b) ? 1 : -1));
}
