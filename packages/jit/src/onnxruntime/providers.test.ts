import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { type CompileOptions, compile, type Program } from '../index.js';
import { cudaLibrary } from './c-api.js';

tf.env().set('IS_TEST', true);

describe('a provider that is not there', () => {
  const compileOn = (options: Partial<CompileOptions>): Promise<Program> =>
    compile(() => ({ outputs: [] }), { state: {}, inputs: {}, ...options });

  (cudaLibrary() ? test.skip : test)('cuda: says what is missing', async () => {
    await expect(compileOn({ provider: 'cuda' })).rejects.toThrow(
      /^jit: provider "cuda" is not installed: .*\n.*ONNXRUNTIME_NODE_INSTALL=cuda12/,
    );
  });

  test('on another engine, or unknown', async () => {
    await expect(compileOn({ engine: 'eager', provider: 'webgpu' })).rejects.toThrow(
      'jit: engine "eager" has no provider "webgpu".',
    );
    await expect(compileOn({ provider: 'tpu' as 'cpu' })).rejects.toThrow(
      'jit: provider "tpu" is unknown: expected cpu, webgpu, cuda.',
    );
  });
});
