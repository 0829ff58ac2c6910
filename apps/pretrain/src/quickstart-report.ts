// What the quickstart prints in the end: figures beside their baselines, answers, where things lie, what next.

import type { WordPieceTokenizer } from '@alectra/wordpiece';
import { fillMask } from './ask.js';
import type { HeldOutBatch } from './electra-run.js';
import { fixed, percent } from './model-card.js';

export interface ReportInput {
  /** The run folder. */
  readonly folder: string;
  /** The folder with both exported networks. */
  readonly model: string;
  readonly tokenizer: WordPieceTokenizer;
  readonly start: Readonly<Record<string, number>>;
  readonly end: Readonly<Record<string, number>>;
  readonly heldOut: readonly HeldOutBatch[];
  readonly seconds: number;
}

const PROMPTS = [
  'This function [MASK] a new array.',
  'You can install the package [MASK] npm.',
  'The default value is [MASK].',
  'See the documentation [MASK] more information.',
  'If you want to use it, you need [MASK] install it first.',
];

export async function quickstartReport(input: ReportInput): Promise<string> {
  const answers = [];
  for (const prompt of PROMPTS) {
    const [guesses = []] = await fillMask(input.model, prompt, 3);
    const shown = guesses.map(({ token, score }) => `${token} ${percent(score)}`).join(', ');
    answers.push(`  ${prompt.padEnd(58)} ${shown}`);
  }
  return [
    '',
    'On documents that were kept from training:',
    ...table(input),
    '',
    'Fill in the mask (generator):',
    ...answers,
    '',
    'Which tokens were replaced? [new] stands for the token in braces; ! marks what the discriminator suspects:',
    `  ${markedExample(input)}`,
    '',
    `Run folder:      ${input.folder}`,
    `Exported model:  ${input.model}`,
    `Time:            ${Math.floor(input.seconds / 60)} min ${Math.round(input.seconds % 60)} s`,
    '',
    'What to type next:',
    `  npm run pretrain -- fill-mask ${input.folder} "The [MASK] is not found."`,
    `  npm run pretrain -- detect ${input.folder} "This package banana the files of a folder."`,
    `  npm run pretrain -- compare ${input.folder}`,
    '',
  ].join('\n');
}

function table({ start, end }: ReportInput): string[] {
  const rows = [
    ['', 'at the start', 'now', 'baseline'],
    [
      'generator loss (nats)',
      fixed(start.generatorLoss),
      fixed(end.generatorLoss),
      `${fixed(end.unigramLoss)}  token frequencies`,
    ],
    [
      'generator accuracy',
      percent(start.generatorAccuracy),
      percent(end.generatorAccuracy),
      `${percent(end.unigramAccuracy)}  most frequent token`,
    ],
    [
      'discriminator loss (nats)',
      fixed(start.discriminatorLoss),
      fixed(end.discriminatorLoss),
      `${fixed(end.constantLoss)}  share of replaced tokens`,
    ],
    [
      'discriminator AUC',
      fixed(start.auc),
      `${fixed(end.auc)} ± ${fixed(end.aucError)}`,
      '0.500  coin',
    ],
  ];
  return rows.map(([name = '', first = '', last = '', baseline = '']) =>
    `  ${name.padEnd(26)} ${first.padStart(12)} ${last.padStart(16)}   ${baseline}`.trimEnd(),
  );
}

/** The held-out row of medium length with the most replaced tokens caught. */
function markedExample({ heldOut, tokenizer }: ReportInput): string {
  let best = { score: Number.NEGATIVE_INFINITY, text: 'no held-out text' };
  for (const batch of heldOut) {
    const [rows = 0, columns = 0] = batch.inputIds.shape;
    for (let row = 0; row < rows; row++) {
      const sentence = markRow(batch, row * columns, columns, tokenizer);
      if (sentence.score > best.score) best = sentence;
    }
  }
  return best.text;
}

const MOST_TOKENS = 40;

function markRow(
  { inputIds, corruptedIds, logits, labels, weights }: HeldOutBatch,
  from: number,
  columns: number,
  tokenizer: WordPieceTokenizer,
): { score: number; text: string } {
  const words: string[] = [];
  let score = 0;
  for (let at = from + 1; at < from + Math.min(columns, MOST_TOKENS); at++) {
    if (weights.data[at] === 0) break;
    const [now, before] = [corruptedIds, inputIds].map(
      (ids) => tokenizer.idToToken(ids.data[at] as number) ?? '',
    );
    if (now === tokenizer.config.sepToken) break;
    const isReplaced = labels.data[at] === 1;
    const isSuspect = (logits.data[at] as number) > 0;
    if (isReplaced && isSuspect) score += 2;
    else if (isReplaced !== isSuspect) score -= 1;
    const shown = isReplaced ? `[${now}]{${before}}` : String(now);
    words.push(isSuspect ? `${shown}!` : shown);
  }
  return { score, text: words.join(' ').replaceAll(' ##', '') };
}
