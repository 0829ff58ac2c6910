// One graph without inputs, run at once: what TensorFlow.js's own test suite needs of an engine.

import type { Graph } from '../graph.js';
import type { HostArray } from '../host-tensor.js';
import { startTensorflow } from './addon.js';
import { type EmitOptions, emitFunction } from './emit.js';
import { writeSavedModel } from './graph-def.js';
import { TensorflowSession } from './session.js';

/** @returns a function that gives the values of the one output of a graph */
export async function tensorflowEvaluate(
  tensorflowFrom?: string,
): Promise<(graph: Graph, options?: EmitOptions) => HostArray> {
  const addon = await startTensorflow({ tensorflowFrom, threads: 1 });
  return (graph, options) => {
    const { nodes, functions, outputs } = emitFunction(graph, 'f/', options);
    const session = new TensorflowSession(addon, writeSavedModel(nodes, functions));
    try {
      return session.run('', [], outputs.join())[0].data;
    } finally {
      session.dispose();
    }
  };
}
