// @alectra/jit: trace a TensorFlow.js function once, run it as one graph.

export { compile } from './compile.js';
export { registerCoreGradients } from './core-gradients.js';
export { registerTrainingKernels } from './eager/training-kernels.js';
export type { Binding, EngineName, Precision } from './engine.js';
export type { DType, HostArray, HostTensor, TensorSpec } from './host-tensor.js';
export { type ExportInput, type ExportOptions, exportOnnx } from './onnx/export.js';
export type { Provider } from './onnxruntime/runtime.js';
export type { InputSpec } from './open-axes.js';
export type {
  CompileOptions,
  HostTree,
  InitialState,
  Program,
  ProgramOptions,
  Timings,
} from './program.js';
export { requireTensorflow } from './tensorflow/addon.js';
export { isTracing, type Step, type StepResult } from './trace.js';
export type { Tree } from './tree.js';
