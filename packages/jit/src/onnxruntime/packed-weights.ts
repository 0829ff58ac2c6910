// Constants that sessions share: their values, and what ONNX Runtime makes of them for its matrix products.
//
// A session packs constant matrices when it loads. In a container it finds what an earlier session (or another node,
// where layers share weights) has packed already, by a hash of the result, and drops its own.

import type * as Koffi from 'koffi';
import type { OrtApi } from './c-api.js';

/** The container of this thread, while sessions use it. */
let open: { readonly container: bigint; users: number } | undefined;

/** A container for one session; give it back when the session has been released. */
export function packedWeights({ call, create }: OrtApi): {
  readonly container: bigint;
  release(): void;
} {
  open ??= { container: create('CreatePrepackedWeightsContainer'), users: 0 };
  const mine = open;
  mine.users++;
  return {
    container: mine.container,
    release: () => {
      if (--mine.users > 0) return;
      call.ReleasePrepackedWeightsContainer(mine.container);
      if (open === mine) open = undefined;
    },
  };
}

type Trim = (padding: number) => Promise<void>;
let trim: { readonly call: Trim; readonly library?: Koffi.LibraryHandle } | undefined;

/**
 * Gives freed memory back to the system. What a session packs and drops is as large as the weights, and the C library
 * of Linux would keep much of it, for every session anew.
 */
export async function returnFreed({ koffi }: OrtApi): Promise<void> {
  trim ??= findTrim(koffi);
  await trim.call(0);
}

/** Does nothing where the C library is another. */
function findTrim(koffi: typeof Koffi): NonNullable<typeof trim> {
  try {
    const library = koffi.load(null);
    const found = library.func('int malloc_trim(size_t padding)');
    // A reference to the library keeps it loaded.
    const call: Trim = (padding) =>
      new Promise((resolve) => void found.async(padding, () => resolve()));
    return { call, library };
  } catch {
    return { call: async () => {} };
  }
}
