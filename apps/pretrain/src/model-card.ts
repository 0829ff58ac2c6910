// README.md of an exported model: what it is, what it was trained on, how well it does, how to ask it.

import { stringify } from 'yaml';
import { families } from './families.js';
import type { Recipe } from './recipe.js';

export interface ModelFacts {
  readonly recipe: Recipe;
  /** Optimizer steps done. */
  readonly step: number;
  /** Held-out figures; empty if there was no evaluation. */
  readonly evaluation: Readonly<Record<string, number>>;
  readonly parameters: { readonly generator: number; readonly discriminator: number };
}

/** The model card, with the front matter that the Hugging Face hub reads. */
export function modelCard(network: 'generator' | 'discriminator', facts: ModelFacts): string {
  const { recipe, step, evaluation, parameters } = facts;
  const isGenerator = network === 'generator';
  const frontMatter = {
    language: 'en',
    license: 'apache-2.0',
    library_name: 'transformers',
    pipeline_tag: isGenerator ? 'fill-mask' : 'token-classification',
    tags: [...new Set([recipe.model.family, 'electra', 'replaced-token-detection'])],
    ...(isGenerator && {
      mask_token: '[MASK]',
      widget: [{ text: 'This [MASK] returns a promise.' }],
    }),
  };
  const { hiddenSize, numHiddenLayers, numAttentionHeads, intermediateSize } = recipe[network];
  const { title } = families[recipe.model.family];
  const { batch, data, optimizer, schedule } = recipe;
  const figures = isGenerator ? generatorFigures(evaluation) : discriminatorFigures(evaluation);
  return [
    '---',
    stringify(frontMatter).trimEnd(),
    '---',
    '',
    `# ALECTRA ${network}`,
    '',
    isGenerator
      ? `A small ${title} masked language model, trained as the generator of replaced-token detection (ELECTRA).`
      : `A small ${title} trained as the discriminator of replaced-token detection (ELECTRA): it says of every token whether it was replaced. Fine-tune this one.`,
    '',
    '```python',
    ...usage(isGenerator ? 'fill-mask' : recipe.model.family),
    '```',
    '',
    '| | |',
    '|---|---|',
    `| network | ${title}, ${numHiddenLayers} layers of ${hiddenSize}, ${numAttentionHeads} heads, feed-forward ${intermediateSize} |`,
    `| parameters | ${parameters[network].toLocaleString('en-US')} |`,
    `| recipe | ${recipe.preset}, seed ${recipe.seed} |`,
    `| training | ${step} steps of ${batch.size} x ${data.sequenceLength} tokens, ${optimizer.name}, peak rate ${schedule.peakLearningRate} |`,
    ...figures.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    'Figures are of held-out documents of the training corpus.',
    '',
  ].join('\n');
}

/** Python that asks the network. ELECTRA's head of one logit belongs to no pipeline. */
function usage(network: 'fill-mask' | Recipe['model']['family']): string[] {
  if (network === 'electra')
    return [
      'from transformers import AutoTokenizer, ElectraForPreTraining',
      'tokenizer = AutoTokenizer.from_pretrained("<this folder>")',
      'model = ElectraForPreTraining.from_pretrained("<this folder>")',
      'print(model(**tokenizer("The function returns a banana.", return_tensors="pt")).logits > 0)',
    ];
  const question =
    network === 'fill-mask'
      ? 'pipeline("fill-mask", "<this folder>")("This [MASK] returns a promise.")'
      : 'pipeline("token-classification", "<this folder>")("The function returns a banana.")';
  return ['from transformers import pipeline', `print(${question})`];
}

type Row = readonly [name: string, value: string];

function generatorFigures(of: Readonly<Record<string, number>>): Row[] {
  if (of.generatorLoss === undefined) return [];
  return [
    [
      'held-out loss',
      `${fixed(of.generatorLoss)} nats (token frequencies alone: ${fixed(of.unigramLoss)})`,
    ],
    [
      'held-out accuracy',
      `${percent(of.generatorAccuracy)} (most frequent token: ${percent(of.unigramAccuracy)})`,
    ],
  ];
}

function discriminatorFigures(of: Readonly<Record<string, number>>): Row[] {
  if (of.auc === undefined) return [];
  return [
    ['held-out AUC', `${fixed(of.auc)} ± ${fixed(of.aucError)} (coin: 0.5)`],
    [
      'held-out loss',
      `${fixed(of.discriminatorLoss)} nats (constant answer: ${fixed(of.constantLoss)})`,
    ],
  ];
}

export const fixed = (value: number | undefined, digits = 3): string =>
  value === undefined ? 'unknown' : value.toFixed(digits);

export const percent = (value: number | undefined): string =>
  value === undefined ? 'unknown' : `${(100 * value).toFixed(1)} %`;
