// Questions to an exported model: what stands at [MASK], and which tokens look replaced.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { albertModels } from '@alectra/albert';
import { bertModels, electraModels } from '@alectra/bert';
import { modelFromPretrained, readConfig } from '@alectra/checkpoint';
import { WordPieceTokenizer } from '@alectra/wordpiece';
import * as tf from '@tensorflow/tfjs';
import { MODEL_FOLDER } from './export-model.js';
import { idOf } from './networks.js';
import { UsageError } from './usage-error.js';

const families = [albertModels, bertModels, electraModels] as const;

export interface MaskAnswer {
  readonly token: string;
  /** Probability under the generator. */
  readonly score: number;
}

export interface TokenVerdict {
  readonly token: string;
  /** Probability that the token was replaced. */
  readonly replaced: number;
}

/** The folder of one network, given a run folder, its model folder, or the network's own folder. */
export function networkFolder(path: string, network: 'generator' | 'discriminator'): string {
  const candidates = [join(path, MODEL_FOLDER, network), join(path, network), path];
  const found = candidates.find((folder) => existsSync(join(folder, 'config.json')));
  // a run folder has a config.json of its own, but no vocabulary of a model beside it
  if (found && existsSync(join(found, 'model.safetensors'))) return found;
  throw new UsageError(
    `pretrain: there is no exported ${network} in ${path}: expected ${candidates[0]}.\n` +
      'Give the folder of a finished run, or of an exported model.',
  );
}

/** The likeliest tokens at each [MASK] of `text`, best first. */
export async function fillMask(folder: string, text: string, topK = 5): Promise<MaskAnswer[][]> {
  const path = networkFolder(folder, 'generator');
  const tokenizer = await WordPieceTokenizer.fromPretrained(path);
  const { model } = await modelFromPretrained(path, { families, head: 'masked-lm' });
  const { maskToken } = tokenizer.config;
  const ids = encodeWithMask(tokenizer, text, model.config.maxPositionEmbeddings);
  const mask = idOf(tokenizer, maskToken);
  const places = [...ids.keys()].filter((at) => ids[at] === mask);
  if (places.length === 0)
    throw new UsageError(
      `pretrain: there is no ${maskToken} in the text: found "${text}".\n` +
        `Write ${maskToken} where a word should be guessed.`,
    );
  const inputIds = tf.tensor2d([...ids], [1, ids.length], 'int32');
  const outputs = model.call({ inputIds });
  const probabilities = tf.tidy(() =>
    tf.softmax(tf.gather(tf.squeeze<tf.Tensor2D>(outputs.logits, [0]), places)),
  );
  const values = (await probabilities.array()) as number[][];
  tf.dispose([inputIds, probabilities, outputs.logits]);
  model.dispose();
  return values.map((row) =>
    [...row.keys()]
      .sort((a, b) => (row[b] as number) - (row[a] as number))
      .slice(0, topK)
      .map((id) => ({ token: tokenizer.idToToken(id) ?? '', score: row[id] as number })),
  );
}

/** For each token of `text`, how likely it is a replacement. */
export async function detectReplaced(folder: string, text: string): Promise<TokenVerdict[]> {
  const path = networkFolder(folder, 'discriminator');
  const tokenizer = await WordPieceTokenizer.fromPretrained(path);
  const { model } = await discriminator(path);
  const ids = tokenizer.encode(text).ids;
  checkLength(ids.length, model.config.maxPositionEmbeddings);
  const inputIds = tf.tensor2d([...ids], [1, ids.length], 'int32');
  const logits: tf.Tensor = model.call({ inputIds }).logits; // [1, S] or, with two labels, [1, S, 2]
  const probabilities = tf.tidy(() =>
    logits.rank === 2 ? tf.sigmoid(logits) : tf.gather(tf.softmax(logits), 1, 2),
  );
  const values = await probabilities.data();
  tf.dispose([inputIds, probabilities, logits]);
  model.dispose();
  return [...ids]
    .map((id, at) => ({ token: tokenizer.idToToken(id) ?? '', replaced: values[at] ?? 0 }))
    .slice(1, -1);
}

/** ALBERT and BERT label tokens; ELECTRA's pretraining class has one logit a token. */
async function discriminator(path: string) {
  const { model_type: modelType } = await readConfig(path);
  return modelType === 'electra'
    ? modelFromPretrained(path, { families: [electraModels], head: 'pre-training' })
    : modelFromPretrained(path, {
        families: [albertModels, bertModels],
        head: 'token-classification',
      });
}

/** Ids of `text`, with [CLS] and [SEP], in which [MASK] is one token. */
function encodeWithMask(tokenizer: WordPieceTokenizer, text: string, limit: number): Int32Array {
  const { maskToken, clsToken, sepToken } = tokenizer.config;
  const pieces = text
    .split(maskToken)
    .map((part) => [...tokenizer.encode(part, { addSpecialTokens: false }).ids]);
  const mask = idOf(tokenizer, maskToken);
  const body = pieces.flatMap((ids, at) => (at === 0 ? ids : [mask, ...ids]));
  checkLength(body.length + 2, limit);
  return Int32Array.of(idOf(tokenizer, clsToken), ...body, idOf(tokenizer, sepToken));
}

function checkLength(length: number, limit: number): void {
  if (length <= limit) return;
  throw new UsageError(
    `pretrain: the text is too long: it has ${length} tokens, the model takes ${limit}.\nShorten it.`,
  );
}
