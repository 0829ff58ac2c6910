// One TensorFlow session over a graph of ours, through the addon's SavedModel functions.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocate, type DType, type HostTensor } from '../host-tensor.js';
import type { TensorflowAddon } from './addon.js';

export class TensorflowSession {
  private readonly addon: TensorflowAddon;
  private readonly id: number;

  /** @param graph bytes of a saved_model.pb */
  constructor(addon: TensorflowAddon, graph: Uint8Array) {
    this.addon = addon;
    // The addon reads from a folder only.
    const folder = mkdtempSync(join(tmpdir(), 'alectra-graph-'));
    try {
      mkdirSync(join(folder, 'variables'));
      writeFileSync(join(folder, 'saved_model.pb'), graph);
      this.id = addon.loadSavedModel(folder, 'serve');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /**
   * Runs the part of the graph that `fetches` need. Blocks the calling thread.
   *
   * @param names of the placeholders, joined by commas, in the order of `feeds`
   * @param fetches names joined by commas
   */
  run(names: string, feeds: readonly HostTensor[], fetches: string): HostTensor[] {
    const { addon } = this;
    const types: Record<DType, number> = {
      float32: addon.TF_FLOAT,
      int32: addon.TF_INT32,
      bool: addon.TF_BOOL,
    };
    const inputs = feeds.map(({ shape, dtype, data }) =>
      addon.createTensor(shape, types[dtype], data),
    );
    try {
      const results = addon.runSavedModel(this.id, inputs, names, fetches);
      return results.map(({ id, shape, dtype }) => {
        const kind =
          dtype === addon.TF_FLOAT ? 'float32' : dtype === addon.TF_BOOL ? 'bool' : 'int32';
        const empty = shape.includes(0);
        const data = empty ? allocate(kind, 0) : addon.tensorDataSync(id);
        addon.deleteTensor(id);
        return { dtype: kind, shape, data };
      });
    } finally {
      for (const id of inputs) addon.deleteTensor(id);
    }
  }

  dispose(): void {
    this.addon.deleteSavedModel(this.id);
  }
}
