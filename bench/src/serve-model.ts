// The model that both servers of the bench answer with: random weights in ALECTRA's shape, once as our folder and once
// as transformers.js wants it, and texts of known lengths.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlbertForMaskedLM, albertPreset } from '@alectra/albert';
import { exportOnnx } from '@alectra/jit';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import type * as tf from '@tensorflow/tfjs';

/** Tokens of the shortest and the longest text, [CLS] and [SEP] included. */
const LENGTHS = [8, 128] as const;

/** Writes `<folder>/bench/model` with weights, tokenizer and onnx/model.onnx. Returns the words of its vocabulary. */
export async function writeModel(folder: string): Promise<readonly string[]> {
  const path = join(folder, 'bench/model');
  const config = { ...albertPreset('alectra-small'), hiddenDropoutProb: 0 };
  const words = vocabulary(config.vocabSize);
  const tokenizer = WordPieceTokenizer.fromVocab(words, {
    modelMaxLength: config.maxPositionEmbeddings,
  });
  const model = AlbertForMaskedLM.init(config, { seed: 1 });
  await model.savePretrained(path);
  await tokenizer.save(path);
  const onnx = await exportOnnx(
    (params, inputs) => {
      const { input_ids, attention_mask, token_type_ids } = inputs as Record<string, tf.Tensor2D>;
      const batch = {
        inputIds: input_ids,
        attentionMask: attention_mask,
        tokenTypeIds: token_type_ids,
      };
      const { logits } = AlbertForMaskedLM.forward(
        params as Readonly<Record<string, tf.Tensor>>, // as given below
        config,
        batch,
      );
      return { outputs: { logits } };
    },
    {
      state: model.params,
      inputs: Object.fromEntries(
        ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [
          name,
          { dtype: 'int64', shape: ['batch', 'sequence'] } as const,
        ]),
      ),
    },
  );
  mkdirSync(join(path, 'onnx'), { recursive: true });
  writeFileSync(join(path, 'onnx/model.onnx'), onnx);
  model.dispose();
  return words.slice(-10_000);
}

/** Special tokens and made-up words, each of which is one token. */
function vocabulary(size: number): string[] {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  return Array.from({ length: size }, (_, id) => special[id] ?? `w${id.toString(36)}`);
}

/** Texts with one mask each, evenly over the lengths, never one twice. */
export function textSource(words: readonly string[], seed: number): () => string {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const [shortest, longest] = LENGTHS;
  return () => {
    const count = shortest - 2 + random(longest - shortest + 1);
    const text = Array.from({ length: count }, () => words[random(words.length)]);
    text[random(count)] = '[MASK]';
    return text.join(' ');
  };
}
