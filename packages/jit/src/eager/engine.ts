// Engine `eager`: calls the function kernel by kernel on the active TensorFlow.js backend.
//
// The reference for the other engines, and the last resort. State is held as tensors.

import * as tf from '@tensorflow/tfjs-core';
import type { Engine, Outputs, Runner, Source } from '../engine.js';
import { allocate, type HostTensor, isDType } from '../host-tensor.js';
import { callStep } from '../trace.js';

export function eagerEngine(initial: readonly HostTensor[]): Engine {
  let state = initial.map(toKeptTensor);

  const run = async (source: Source, inputs: readonly HostTensor[]): Promise<Outputs> => {
    const start = performance.now();
    tf.engine().startScope('eager');
    let outputs: tf.Tensor[];
    let shape: Outputs['shape'];
    try {
      const result = callStep(source.step, source.signature, state, inputs.map(toTensor));
      const next = result.state.map((leaf, index) =>
        leaf === state[index] ? leaf : keepCopy(leaf),
      );
      outputs = result.outputs.map((leaf) => keepCopy(leaf)); // of old state too
      for (const [index, leaf] of state.entries()) if (leaf !== next[index]) leaf.dispose();
      state = next;
      shape = result.outputShape;
    } finally {
      tf.engine().endScope();
    }
    try {
      const leaves = await Promise.all(outputs.map(toHost));
      return { leaves, shape, engineMs: performance.now() - start };
    } finally {
      tf.dispose(outputs);
    }
  };

  return {
    name: 'eager',
    freezes: true,
    load: async (source, { frozen = false } = {}): Promise<Runner> => {
      const signature = { ...source.signature, ...(frozen && { frozen }) };
      return {
        emitMs: 0,
        run: (inputs) => run({ ...source, signature }, inputs),
        dispose: () => {},
      };
    },
    readState: () => Promise.all(state.map(toHost)),
    writeState: async (values) => {
      tf.dispose(state);
      state = values.map(toKeptTensor);
    },
    dispose: () => tf.dispose(state),
  };
}

/** A result may be a view of an input or of old state: it gets a handle of its own. */
const keepCopy = (leaf: tf.Tensor): tf.Tensor => tf.keep(tf.clone(leaf));

// tensor() may keep the array it is given, so it gets a copy.
const toTensor = ({ data, shape, dtype }: HostTensor): tf.Tensor =>
  tf.tensor(data.slice(), [...shape], dtype);

const toKeptTensor = (value: HostTensor): tf.Tensor => tf.tidy(() => tf.keep(toTensor(value)));

async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  const { dtype, shape } = tensor;
  if (!isDType(dtype)) {
    throw new TypeError(
      `jit: an output is ${dtype}: expected float32, int32 or bool.\nCast it before returning it.`,
    );
  }
  const values = await tensor.data();
  const data = allocate(dtype, values.length);
  data.set(values);
  return { dtype, shape, data };
}
