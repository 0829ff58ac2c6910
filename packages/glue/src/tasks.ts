// The ten tasks. Row counts and digests after huggingface/datasets (dataset_infos.json of glue); label order after
// nyu-mll/glue, where WNLI, alone, puts the negative class first.

import type { GlueTask, SubmissionName, TaskName } from './task.js';

const SITE = 'https://dl.fbaipublicfiles.com';

function archive(name: string, byteLength: number, sha256: string): GlueTask['downloads'][number] {
  return { path: name, url: `${SITE}/glue/data/${name}`, byteLength, sha256 };
}

const ENTAILMENT = ['entailment', 'neutral', 'contradiction'];

// The only files without a header line.
const bareCola = {
  headerless: ['source', 'label', 'mark', 'sentence'],
  text: 'sentence',
  label: 'label',
};

/** Is a sentence acceptable English? */
const cola: GlueTask = {
  name: 'cola',
  title: 'CoLA',
  folder: 'CoLA',
  columns: ['sentence'],
  labels: ['unacceptable', 'acceptable'],
  fileLabels: ['0', '1'],
  isRegression: false,
  metrics: ['matthews_correlation'],
  splits: {
    train: { file: 'train.tsv', rows: 8551, ...bareCola },
    validation: { file: 'dev.tsv', rows: 1043, ...bareCola },
    test: { file: 'test.tsv', rows: 1063, index: 'index', text: 'sentence', submission: 'CoLA' },
  },
  majority: 1,
  downloads: [
    archive('CoLA.zip', 376971, 'f212fcd832b8f7b435fb991f101abf89f96b933ab400603bf198960dfc32cbff'),
  ],
};

/** Does a sentence of a film review speak well of the film? */
const sst2: GlueTask = {
  name: 'sst2',
  title: 'SST-2',
  folder: 'SST-2',
  columns: ['sentence'],
  labels: ['negative', 'positive'],
  fileLabels: ['0', '1'],
  isRegression: false,
  metrics: ['accuracy'],
  splits: splits([67349, 872, 1821], 'SST-2', { text: 'sentence', label: 'label' }),
  majority: 1,
  downloads: [
    archive(
      'SST-2.zip',
      7439277,
      'd67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa',
    ),
  ],
};

/** Do two sentences of the news say the same? */
const mrpc: GlueTask = {
  name: 'mrpc',
  title: 'MRPC',
  folder: 'MRPC',
  columns: ['sentence1', 'sentence2'],
  labels: ['not_equivalent', 'equivalent'],
  fileLabels: ['0', '1'],
  isRegression: false,
  metrics: ['f1', 'accuracy'],
  splits: splits([3668, 408, 1725], 'MRPC', {
    text: '#1 String',
    textPair: '#2 String',
    label: 'Quality',
  }),
  majority: 1,
  downloads: [
    {
      path: 'MRPC/msr_paraphrase_train.txt',
      url: `${SITE}/senteval/senteval_data/msr_paraphrase_train.txt`,
      byteLength: 1047044,
      sha256: '60a9b09084528f0673eedee2b69cb941920f0b8cd0eeccefc464a98768457f89',
    },
    {
      path: 'MRPC/msr_paraphrase_test.txt',
      url: `${SITE}/senteval/senteval_data/msr_paraphrase_test.txt`,
      byteLength: 441275,
      sha256: 'a04e271090879aaba6423d65b94950c089298587d9c084bf9cd7439bd785f784',
    },
    {
      path: 'MRPC/dev_ids.tsv',
      url: `${SITE}/glue/data/mrpc_dev_ids.tsv`,
      byteLength: 6222,
      sha256: '971d7767d81b997fd9060ade0ec23c4fc31cbb226a55d1bd4a1bac474eb81dc7',
    },
  ],
};

/** How alike two sentences are, from 0 (nothing in common) to 5 (the same meaning). */
const stsb: GlueTask = {
  name: 'stsb',
  title: 'STS-B',
  folder: 'STS-B',
  columns: ['sentence1', 'sentence2'],
  labels: [],
  fileLabels: [],
  isRegression: true,
  range: [0, 5],
  metrics: ['pearson', 'spearmanr'],
  splits: splits([5749, 1500, 1379], 'STS-B', {
    text: 'sentence1',
    textPair: 'sentence2',
    label: 'score',
  }),
  majority: 2.7,
  downloads: [
    archive(
      'STS-B.zip',
      802872,
      'e60a6393de5a8b5b9bac5020a1554b54e3691f9d600b775bd131e613ac179c85',
    ),
  ],
};

/** Do two questions of Quora ask the same? */
const qqp: GlueTask = {
  name: 'qqp',
  title: 'QQP',
  folder: 'QQP',
  columns: ['question1', 'question2'],
  labels: ['not_duplicate', 'duplicate'],
  fileLabels: ['0', '1'],
  isRegression: false,
  metrics: ['f1', 'accuracy'],
  splits: splits([363846, 40430, 390965], 'QQP', {
    text: 'question1',
    textPair: 'question2',
    label: 'is_duplicate',
    index: 'id',
  }),
  hasBrokenRows: true,
  majority: 0,
  downloads: [
    archive(
      'QQP-clean.zip',
      41696084,
      '40e7c862c04eb26ee04b67fd900e76c45c6ba8e6d8fab4f8f1f8072a1a3fbae0',
    ),
  ],
};

const premise = { text: 'sentence1', textPair: 'sentence2' };

/** Does the first sentence entail the second, contradict it, or neither? */
const mnli: GlueTask = {
  name: 'mnli',
  title: 'MNLI',
  folder: 'MNLI',
  columns: ['premise', 'hypothesis'],
  labels: ENTAILMENT,
  fileLabels: ENTAILMENT,
  isRegression: false,
  metrics: ['accuracy'],
  splits: {
    train: { file: 'train.tsv', rows: 392702, ...premise, label: 'gold_label' },
    validation_matched: { file: 'dev_matched.tsv', rows: 9815, ...premise, label: 'gold_label' },
    validation_mismatched: {
      file: 'dev_mismatched.tsv',
      rows: 9832,
      ...premise,
      label: 'gold_label',
    },
    test_matched: {
      file: 'test_matched.tsv',
      rows: 9796,
      ...premise,
      index: 'index',
      submission: 'MNLI-m',
    },
    test_mismatched: {
      file: 'test_mismatched.tsv',
      rows: 9847,
      ...premise,
      index: 'index',
      submission: 'MNLI-mm',
    },
  },
  majority: 0,
  downloads: [
    archive(
      'MNLI.zip',
      312783507,
      'e7c1d896d26ed6caf700110645df426cc2d8ebf02a5ab743d5a5c68ac1c83633',
    ),
  ],
};

/** Does a sentence hold the answer to a question? */
const qnli: GlueTask = {
  name: 'qnli',
  title: 'QNLI',
  folder: 'QNLI',
  columns: ['question', 'sentence'],
  labels: ['entailment', 'not_entailment'],
  fileLabels: ['entailment', 'not_entailment'],
  isRegression: false,
  metrics: ['accuracy'],
  splits: splits([104743, 5463, 5463], 'QNLI', {
    text: 'question',
    textPair: 'sentence',
    label: 'label',
  }),
  // The first edition, withdrawn in 2019: its labels could be guessed from how its pairs had been made.
  withdrawnRows: [108436, 5732, 5740],
  majority: 0,
  downloads: [
    archive(
      'QNLIv2.zip',
      10627589,
      'e634e78627a29adaecd4f955359b22bf5e70f2cbd93b493f2d624138a0c0e5f5',
    ),
  ],
};

/** Does the first text entail the second? */
const rte: GlueTask = {
  name: 'rte',
  title: 'RTE',
  folder: 'RTE',
  columns: ['sentence1', 'sentence2'],
  labels: ['entailment', 'not_entailment'],
  fileLabels: ['entailment', 'not_entailment'],
  isRegression: false,
  metrics: ['accuracy'],
  splits: splits([2490, 277, 3000], 'RTE', {
    text: 'sentence1',
    textPair: 'sentence2',
    label: 'label',
  }),
  majority: 0,
  downloads: [
    archive('RTE.zip', 697150, '6bf86de103ecd335f3441bd43574d23fef87ecc695977a63b82d5efb206556ee'),
  ],
};

/** Does the sentence with its pronoun replaced follow? Its validation set is against its training set by design. */
const wnli: GlueTask = {
  name: 'wnli',
  title: 'WNLI',
  folder: 'WNLI',
  columns: ['sentence1', 'sentence2'],
  labels: ['not_entailment', 'entailment'],
  fileLabels: ['0', '1'],
  isRegression: false,
  metrics: ['accuracy'],
  splits: splits([635, 71, 146], 'WNLI', {
    text: 'sentence1',
    textPair: 'sentence2',
    label: 'label',
  }),
  majority: 0,
  downloads: [
    archive('WNLI.zip', 28999, 'ae0e8e4d16f4d46d4a0a566ec7ecceccfd3fbfaa4a7a4b4e02848c0f2561ac46'),
  ],
};

/** Diagnostic pairs, answered by the model of MNLI. */
const ax: GlueTask = {
  name: 'ax',
  title: 'AX',
  folder: 'diagnostic',
  columns: ['premise', 'hypothesis'],
  labels: ENTAILMENT,
  fileLabels: ENTAILMENT,
  isRegression: false,
  metrics: ['matthews_correlation'],
  splits: {
    test: {
      file: 'diagnostic.tsv',
      rows: 1104,
      index: 'index',
      text: 'sentence1',
      textPair: 'sentence2',
      submission: 'AX',
    },
  },
  majority: 0,
  downloads: [
    {
      path: 'diagnostic/diagnostic.tsv',
      url: `${SITE}/glue/data/AX.tsv`,
      byteLength: 222257,
      sha256: '0e13510b1bb14436ff7e2ee82338f0efb0133ecf2e73507a697dc210db3f05fd',
    },
  ],
};

/** All tasks, in the order of the leaderboard's columns. */
export const glueTasks: Readonly<Record<TaskName, GlueTask>> = {
  cola,
  sst2,
  mrpc,
  stsb,
  qqp,
  mnli,
  qnli,
  rte,
  wnli,
  ax,
};

// train.tsv, dev.tsv and test.tsv with a header line each.
function splits(
  [train, validation, test]: readonly [number, number, number],
  submission: SubmissionName,
  columns: { text: string; textPair?: string; label: string; index?: string },
): GlueTask['splits'] {
  const { label, index = 'index', ...texts } = columns;
  return {
    train: { file: 'train.tsv', rows: train, ...texts, label },
    validation: { file: 'dev.tsv', rows: validation, ...texts, label },
    test: { file: 'test.tsv', rows: test, ...texts, index, submission },
  };
}
