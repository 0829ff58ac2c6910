// Lazy mode, for tests only: records kernels as tracing does, and runs the pending graph when a value is read.
//
// TensorFlow.js's own test suite reads every result, so this is how it runs on an engine.

import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { type Graph, GraphBuilder, type Value } from './graph.js';
import { allocate, type HostArray, isDType } from './host-tensor.js';
import { KERNEL_RULES } from './kernel-rules.js';
import { emitProgram } from './onnx/emit.js';
import { type Entry, registerRules, TracingBackend } from './tracing-backend.js';

export const LAZY = 'alectra-lazy';

/** Values of the one output of a graph without inputs. */
export type Evaluate = (graph: Graph) => HostArray;

class LazyBackend extends TracingBackend {
  private readonly evaluate: Evaluate;

  constructor(evaluate: Evaluate) {
    super();
    this.evaluate = evaluate;
    this.graph = new GraphBuilder(KERNEL_RULES);
  }

  override graphValue(tensor: tf.TensorInfo): Value {
    const entry = this.storage.get(tensor.dataId);
    if (entry.graph !== this.graph) this.materialise(entry);
    return super.graphValue(tensor);
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const recording = this.graph;
    this.graph = undefined; // host data of any size is welcome
    try {
      return super.write(values, shape, dtype);
    } finally {
      this.graph = recording;
    }
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    // A fresh graph after each read: what was read enters it as a constant.
    if (this.materialise(this.storage.get(dataId))) this.graph = new GraphBuilder(KERNEL_RULES);
    return super.readSync(dataId);
  }

  private materialise(entry: Entry): boolean {
    if (entry.host || !entry.value || !entry.graph || entry.value.constant) return false;
    const ends = { state: [], inputs: [], newState: [], outputs: [entry.value] };
    entry.host = this.evaluate(entry.graph.finish(ends));
    return true;
  }
}

/** Registers the lazy backend with an engine behind it. */
export function registerLazyBackend(evaluate: Evaluate): void {
  tf.registerBackend(LAZY, () => new LazyBackend(evaluate), 0);
  registerRules(LAZY);
}

interface Binding {
  readonly InferenceSession: new () => {
    loadModel(model: ArrayBuffer, offset: number, length: number, options: object): void;
    run(feeds: object, fetches: object, options: object): Record<string, { cpuData: HostArray }>;
    dispose(): void;
  };
}

/** Runs a graph through the synchronous core of onnxruntime-node. */
export function onnxRuntimeEvaluate(): Evaluate {
  const require = createRequire(import.meta.url);
  const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as {
    binding: Binding;
    initOrt: () => void;
  };
  initOrt();
  return (graph) => {
    const { model } = emitProgram([{ sizes: new Map(), trace: graph }]);
    const session = new binding.InferenceSession();
    session.loadModel(Uint8Array.from(model).buffer, 0, model.byteLength, {
      graphOptimizationLevel: 'all',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const [{ shape, dtype }] = graph.outputs;
    const results = session.run({}, { output_0: null }, {});
    const values = results.output_0 as unknown as { data: ArrayLike<number> };
    session.dispose();
    if (!isDType(dtype)) throw new Error(`no host type for ${dtype}`);
    const host = allocate(
      dtype,
      shape.reduce((a, b) => a * b, 1),
    );
    host.set(values.data);
    return host;
  };
}
