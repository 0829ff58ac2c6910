// What Python's transformers saves is read here, and what is written here Python's transformers loads.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadWeights } from './load-weights.js';
import { openModelFolder, writeModelFolder } from './model-folder.js';
import { openWeights } from './open-weights.js';
import { readSafetensors } from './safetensors-read.js';
import type { WeightRecord } from './weights.js';

jest.setTimeout(300_000);

const python = process.env.ALECTRA_PYTHON;

const SAVE = `
import sys, torch
from transformers import BertConfig, BertForMaskedLM
torch.manual_seed(1)
config = BertConfig(vocab_size=50, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, max_position_embeddings=12)
model = BertForMaskedLM(config)
model.save_pretrained(sys.argv[1] + '/new')
state = model.state_dict()
for half in ('float16', 'bfloat16'):
    model.to(getattr(torch, half)).save_pretrained(sys.argv[1] + '/' + half)
# as a file of 2020 would be: old LayerNorm names, position ids, an unused pooler, both names of tied weights
old = {}
for name, value in state.items():
    old[name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')] = value
old['bert.embeddings.position_ids'] = torch.arange(12).expand((1, -1))
old['bert.pooler.dense.weight'] = torch.zeros(8, 8)
import os
for layout, zipped in (('zip', True), ('legacy', False)):
    os.makedirs(sys.argv[1] + '/' + layout)
    config.save_pretrained(sys.argv[1] + '/' + layout)
    torch.save(old, sys.argv[1] + '/' + layout + '/pytorch_model.bin', _use_new_zipfile_serialization=zipped)
`;

// prints, for each pair of folders, the largest difference and what the second one lacked or had too much
const LOAD = `
import sys, torch
from transformers import BertForMaskedLM
for theirs, ours in zip(sys.argv[1::2], sys.argv[2::2]):
    left = BertForMaskedLM.from_pretrained(theirs).state_dict()
    model, info = BertForMaskedLM.from_pretrained(ours, output_loading_info=True)
    right = model.state_dict()
    assert left.keys() == right.keys()
    difference = max(float((left[k].float() - right[k].float()).abs().max()) for k in left)
    print(difference, sum(len(value) for value in info.values()))
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-'));
  if (python) execFileSync(python, ['-c', SAVE, folder]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the model has, by Python's own safetensors file. */
async function parameters(): Promise<Record<string, readonly number[]>> {
  const source = await openWeights(join(folder, 'new'));
  await source.close();
  return Object.fromEntries([...source.tensors].map(([name, { shape }]) => [name, shape]));
}

const TIED = {
  'cls.predictions.decoder.weight': 'bert.embeddings.word_embeddings.weight',
  'cls.predictions.decoder.bias': 'cls.predictions.bias',
};

(python ? describe : describe.skip)('a model folder', () => {
  test.each(['zip', 'legacy'])('of Python, as in 2020, is read whole: %s', async (layout) => {
    const open = await openModelFolder(join(folder, layout));
    const model = { prefix: 'bert', shapes: await parameters(), tied: TIED, ignored: [/pooler/] };
    const { weights, missing, unexpected } = await loadWeights(open.weights, model);
    await open.close();
    expect([missing, unexpected]).toEqual([[], []]);
    const expected = await readSafetensors(join(folder, 'new/model.safetensors'));
    for (const [name, tensor] of Object.entries(expected))
      expect([name, weights[name]]).toEqual([name, tensor]);
  });

  test('written here is loaded there, in one file or several, in every float type', async () => {
    const pairs: string[] = [];
    for (const [kind, shardBytes] of [
      ['new', 5e9],
      ['new', 4000],
      ['float16', 5e9],
      ['bfloat16', 3000],
    ] as const) {
      const open = await openModelFolder(join(folder, kind));
      const weights: WeightRecord = await open.weights.readAll();
      await open.close();
      const path = join(folder, `ours-${kind}-${shardBytes}`);
      await writeModelFolder(path, { config: open.config, weights, shardBytes });
      const files = await readdir(path);
      expect(files.length > 3).toBe(shardBytes < 5e9);
      pairs.push(join(folder, kind), path);
    }
    const printed = execFileSync(python ?? '', ['-c', LOAD, ...pairs], { encoding: 'utf8' });
    expect(printed.trim().split('\n')).toEqual(Array(4).fill('0.0 0'));
  });
});
