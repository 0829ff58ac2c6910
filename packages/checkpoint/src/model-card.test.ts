import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { modelCard } from './model-card.js';

const card = {
  name: 'alectra: "small"',
  text: 'A model.\n',
  license: 'apache-2.0',
  language: 'en',
  tags: ['electra', 'replaced-token-detection'],
  datasets: [],
  pipelineTag: 'fill-mask',
  maskToken: '[MASK]',
  widget: ['The [MASK] barked: "woof".'],
  training: { 'batch size': 512, optimizer: 'LAMB | no clip' },
  scores: [
    {
      taskType: 'text-classification',
      dataset: 'nyu-mll/glue',
      datasetName: 'GLUE',
      config: 'cola',
      split: 'validation',
      metric: 'matthews_correlation',
      value: 0.506,
    },
    {
      taskType: 'text-classification',
      dataset: 'nyu-mll/glue',
      datasetName: 'GLUE',
      config: 'sst2',
      split: 'validation',
      metric: 'accuracy',
      value: 0.891,
    },
  ],
};

describe('modelCard', () => {
  test('writes front matter, text and tables', () => {
    expect(modelCard(card)).toBe(`---
language: "en"
license: "apache-2.0"
library_name: "transformers"
tags:
  - "electra"
  - "replaced-token-detection"
pipeline_tag: "fill-mask"
mask_token: "[MASK]"
widget:
  - text: "The [MASK] barked: \\"woof\\"."
model-index:
  - name: "alectra: \\"small\\""
    results:
      - task:
          type: "text-classification"
        dataset:
          type: "nyu-mll/glue"
          name: "GLUE"
          config: "cola"
          split: "validation"
        metrics:
          - type: "matthews_correlation"
            value: 0.506
      - task:
          type: "text-classification"
        dataset:
          type: "nyu-mll/glue"
          name: "GLUE"
          config: "sst2"
          split: "validation"
        metrics:
          - type: "accuracy"
            value: 0.891
---

# alectra: "small"

A model.

## Training

| setting | value |
| --- | --- |
| batch size | 512 |
| optimizer | LAMB \\| no clip |

## Scores

| task | split | metric | score × 100 |
| --- | --- | --- | --- |
| GLUE cola | validation | matthews_correlation | 50.6 |
| GLUE sst2 | validation | accuracy | 89.1 |
`);
  });

  const python = process.env.ALECTRA_PYTHON;
  (python ? test : test.skip)("is read by Python's huggingface_hub", () => {
    const code = `
import json, sys
from huggingface_hub import ModelCard
data = ModelCard(sys.stdin.read()).data
print(json.dumps([data.license, data.model_name, [[r.dataset_config, r.metric_type, r.metric_value] for r in data.eval_results]]))`;
    const printed = execFileSync(python ?? '', ['-c', code], {
      input: modelCard(card),
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toEqual([
      'apache-2.0',
      'alectra: "small"',
      [
        ['cola', 'matthews_correlation', 0.506],
        ['sst2', 'accuracy', 0.891],
      ],
    ]);
  });
});
