// What the quickstart prints in the end: figures beside their baselines, answers, where things lie, what next.

import type { WordPieceTokenizer } from '@alectra/wordpiece';
import { fillMask } from './ask.js';
import type { HeldOutBatch } from './electra-run.js';
import { fixed, percent } from './model-card.js';
import { shellWord } from './shell-word.js';

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
  const folder = shellWord(input.folder);
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
    'Which tokens were replaced? [new] stands where {old} was; ! marks the tokens that the discriminator suspects',
    `most, as many as are replaced on average (${percent(input.end.replacedShare)}). A held-out example on which it does well:`,
    `  ${markedExample(input)}`,
    '',
    `Run folder:      ${input.folder}`,
    `Exported model:  ${input.model}`,
    `Time:            ${Math.floor(input.seconds / 60)} min ${Math.round(input.seconds % 60)} s`,
    '',
    'What to type next:',
    `  npm run pretrain -- fill-mask ${folder} "The [MASK] is not found."`,
    `  npm run pretrain -- detect ${folder} "This package banana the files of a folder."`,
    `  npm run pretrain -- compare ${folder}`,
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

/** The held-out row in which most of the suspects are replaced and most of the replaced are suspects. */
function markedExample({ heldOut, tokenizer, end }: ReportInput): string {
  const threshold = suspicion(heldOut, end.replacedShare ?? 0.15);
  let best = { score: Number.NEGATIVE_INFINITY, text: 'no held-out text' };
  for (const batch of heldOut) {
    const [rows = 0, columns = 0] = batch.inputIds.shape;
    for (let row = 0; row < rows; row++) {
      const sentence = markRow(batch, { from: row * columns, columns }, threshold, tokenizer);
      if (sentence.score > best.score) best = sentence;
    }
  }
  return best.text;
}

/** The score above which lies this share of all held-out tokens. */
function suspicion(heldOut: readonly HeldOutBatch[], share: number): number {
  const scores = heldOut
    .flatMap(({ logits, weights }) =>
      Array.from(logits.data).filter((_, at) => weights.data[at] === 1),
    )
    .sort((a, b) => b - a);
  return scores[Math.floor(share * scores.length)] ?? 0;
}

const FEWEST_TOKENS = 16;
const MOST_TOKENS = 40;

function markRow(
  { inputIds, corruptedIds, logits, labels, weights }: HeldOutBatch,
  { from, columns }: { from: number; columns: number },
  threshold: number,
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
    const isSuspect = (logits.data[at] as number) > threshold;
    if (isReplaced && isSuspect) score += 1;
    else if (isReplaced !== isSuspect) score -= 1;
    const shown = isReplaced ? `[${now}]{${before}}` : String(now);
    words.push(isSuspect ? `${shown}!` : shown);
  }
  // a short row has few tokens to be wrong about
  if (words.length < FEWEST_TOKENS) score -= MOST_TOKENS;
  return { score, text: words.join(' ') };
}
