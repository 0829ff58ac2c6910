// A model as onnx/model.onnx in its own folder, where transformers.js and other users of the hub look for it.
//
// Names and types are those of Hugging Face's exports: int64 inputs `input_ids`, `attention_mask` and
// `token_type_ids` of open size [batch, sequence]; outputs `last_hidden_state`, `logits`, `start_logits`, ...
// Tracing is the business of `@alectra/jit`, whose `exportOnnx` the caller passes.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@alectra/files';

/** Where transformers.js looks, in a model's folder. */
const FILE = 'onnx/model.onnx';

const IDS: OnnxInput = { dtype: 'int64', shape: ['batch', 'sequence'] };
const INPUTS: OnnxInputs = { input_ids: IDS, attention_mask: IDS, token_type_ids: IDS };

/** Token ids or a mask; named axes stay open. */
export interface OnnxInput {
  readonly dtype: 'int64';
  readonly shape: readonly ['batch', 'sequence'];
}

export type OnnxInputs = Readonly<
  Record<'input_ids' | 'attention_mask' | 'token_type_ids', OnnxInput>
>;

/** A loaded model, as `modelFromPretrained` returns it. */
export interface OnnxSource {
  readonly model: { readonly params: unknown };
  readonly forward: (params: never, batch: never) => object;
}

/** `exportOnnx` of `@alectra/jit`: traces a function of state and inputs, and gives the bytes of an ONNX file. */
export type ExportOnnx<Params, Tensor> = (
  step: (
    params: Params,
    inputs: Readonly<Record<keyof OnnxInputs, unknown>>,
  ) => { readonly outputs: Readonly<Record<string, Tensor>> },
  options: { readonly state: Params; readonly inputs: OnnxInputs },
) => Promise<Uint8Array>;

/** The tensors of a model's outputs, whichever of several models it is. */
type TensorOf<Source extends OnnxSource> =
  ReturnType<Source['forward']> extends infer Outputs ? MemberOf<Outputs> : never;
type MemberOf<Outputs> = Outputs extends object ? Outputs[keyof Outputs] : never;

/**
 * Writes `onnx/model.onnx` into a model's folder, and returns its path.
 *
 * transformers.js wants config.json, tokenizer.json and tokenizer_config.json beside it: the folder that the model was
 * loaded from, unless that is a cache.
 *
 * @throws Error of `exportOnnx` for a model that depends on the sizes of its inputs in a way that cannot stay open, or
 *   that has fewer than five positions
 */
export async function saveOnnx<Source extends OnnxSource>(
  folder: string,
  { model, forward }: Source,
  exportOnnx: ExportOnnx<Source['model']['params'], TensorOf<Source>>,
): Promise<string> {
  // What a tensor is, this package does not know; every model takes a batch of these three.
  const run = forward as (params: unknown, batch: unknown) => Record<string, TensorOf<Source>>;
  const step = (params: unknown, inputs: Readonly<Record<keyof OnnxInputs, unknown>>) => {
    const batch = {
      inputIds: inputs.input_ids,
      attentionMask: inputs.attention_mask,
      tokenTypeIds: inputs.token_type_ids,
    };
    const outputs = Object.entries(run(params, batch));
    return { outputs: Object.fromEntries(outputs.map(([name, value]) => [snake(name), value])) };
  };
  const bytes = await exportOnnx(step, { state: model.params, inputs: INPUTS });
  const file = join(folder, FILE);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFileAtomic(file, bytes);
  return file;
}

/** `lastHiddenState` → `last_hidden_state`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
