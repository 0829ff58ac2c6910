// ONNX Runtime through its npm binding, for those who ask for it: outputs are copied, and a run blocks the event loop.

import { allocate, type HostTensor, sizeOf } from '../host-tensor.js';
import type { Runtime } from './runtime.js';

export async function bindingRuntime(): Promise<Runtime> {
  const { default: ort } = await import('onnxruntime-node');
  const wrap = ({ dtype, shape, data }: HostTensor): InstanceType<typeof ort.Tensor> =>
    new ort.Tensor(dtype, data as Float32Array, [...shape]); // the constructor's overloads list each pair

  return {
    lanes: 1, // a run blocks
    tensor: ({ dtype, shape }) => ({
      dtype,
      shape,
      data: allocate(dtype, sizeOf(shape)),
      release: () => {},
    }),
    session: async (model, { inputNames, outputNames, threads, spinning = false }) => {
      const session = await ort.InferenceSession.create(model, {
        graphOptimizationLevel: 'all',
        intraOpNumThreads: threads,
        logSeverityLevel: 4,
        extra: {
          session: {
            intra_op: { allow_spinning: spinning ? '1' : '0' },
            force_spinning_stop: '1',
          },
        },
      });
      return {
        run: async (inputs, outputs) => {
          const feeds = Object.fromEntries(inputs.map((x, index) => [inputNames[index], wrap(x)]));
          const results = await session.run(feeds, outputNames);
          for (const [index, output] of outputs.entries())
            output.data.set(results[outputNames[index]].data as Float32Array);
        },
        dispose: () => void session.release(),
      };
    },
  };
}
