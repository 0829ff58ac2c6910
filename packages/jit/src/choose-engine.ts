// Which engine runs a program: the one asked for, or the fastest that is installed.

import { eagerEngine } from './eager/engine.js';
import type { Engine, EngineName, EngineOptions } from './engine.js';
import type { HostTensor } from './host-tensor.js';
import { isOnnxRuntimeInstalled, onnxRuntimeEngine } from './onnxruntime/engine.js';

const PROVIDERS: readonly string[] = ['cpu', 'webgpu', 'cuda'];

/** @throws Error naming the engine that is missing and how to install it */
export async function chooseEngine(
  name: EngineName | 'auto',
  state: readonly HostTensor[],
  options: EngineOptions,
): Promise<Engine> {
  if (options.precision === 'bf16' && (name === 'onnxruntime' || name === 'eager')) {
    throw new Error(
      `jit: engine "${name}" has no bf16 matrix products.\nCompile with engine "tensorflow", or leave precision out.`,
    );
  }
  const { provider = 'cpu' } = options;
  if (provider !== 'cpu' && name !== 'onnxruntime' && name !== 'auto') {
    throw new Error(
      `jit: engine "${name}" has no provider "${provider}".\nCompile with engine "onnxruntime", or leave provider out.`,
    );
  }
  if (!PROVIDERS.includes(provider)) {
    throw new Error(
      `jit: provider "${provider}" is unknown: expected ${PROVIDERS.join(', ')}.\nLeave it out to compute on the processor.`,
    );
  }
  switch (name === 'auto' && provider !== 'cpu' ? 'onnxruntime' : name) {
    case 'auto':
      if (options.precision === 'bf16' || (await isTensorflowInstalled(options)))
        return tensorflow(state, options);
      return isOnnxRuntimeInstalled() ? onnxRuntimeEngine(state, options) : eagerEngine(state);
    case 'eager':
      return eagerEngine(state);
    case 'onnxruntime':
      if (isOnnxRuntimeInstalled()) return onnxRuntimeEngine(state, options);
      throw new Error(
        'jit: engine "onnxruntime" is not installed: onnxruntime-node was not found.\n' +
          'Run npm install onnxruntime-node, or compile with engine "eager".',
      );
    case 'tensorflow':
      return tensorflow(state, options);
    default:
      throw new Error(
        `jit: engine "${name}" is unknown: expected tensorflow, onnxruntime or eager.\nLeave it out to take the best one.`,
      );
  }
}

// Loaded on demand: most installations are without it, and it reads the file system.
async function tensorflow(state: readonly HostTensor[], options: EngineOptions): Promise<Engine> {
  const { tensorflowEngine } = await import('./tensorflow/engine.js');
  return tensorflowEngine(state, options);
}

async function isTensorflowInstalled({ tensorflowFrom }: EngineOptions): Promise<boolean> {
  if (typeof process === 'undefined' || !process.versions?.node) return false;
  const { findTensorflow } = await import('./tensorflow/addon.js');
  return findTensorflow(tensorflowFrom)?.binding !== undefined;
}
