// The rows of the model card's two GLUE tables, each with how its figures came about.
//
// Card: ALECTRA-Small-OWT (shoarora/alectra-small-owt), after the README of lmtuners. True test row of ELECTRA-Small++:
// README of electra_pytorch (Richard Wang), table 2. What the columns of each row are: google-research/electra
// (run_finetuning.py, MNLI matched only), naver/claf #17 and the GLUE leaderboard for BERT-Base and GPT.

import { type CardScores, cardColumns } from './card-columns.js';

export interface ResultRow {
  readonly system: string;
  /** Figures on the validation sets, or by the leaderboard's server on the test sets. */
  readonly set: 'dev' | 'test';
  /** Over which runs, such as `median of 5 seeds`. */
  readonly aggregation: string;
  readonly scores: CardScores;
  /** What keeps a figure from being compared with the others of its column. */
  readonly notes?: readonly string[];
}

const MATCHED = 'MNLI is matched only; elsewhere it is the mean of matched and mismatched.';
const FROM_MNLI = 'RTE and STS-B start from the model tuned on MNLI.';
const GOOGLE = 'median of at least 10 fine-tunings of one checkpoint';
const OURS_DEV = 'median of 5 fine-tunings';
const OURS_TEST = 'the best of 5 fine-tunings on dev';
const PUBLISHED = 'one published system';

/** As the card shows them, but with the true test row of ELECTRA-Small++ beside the one it shows. */
export const cardRows: readonly ResultRow[] = [
  {
    system: 'ELECTRA-Small++',
    set: 'dev',
    aggregation: GOOGLE,
    scores: row(57.0, 91.2, 88.0, 87.5, 89.0, 81.3, 88.4, 66.7),
    notes: [MATCHED, 'The card prints "91." for SST-2.'],
  },
  {
    system: 'ELECTRA-Small-OWT',
    set: 'dev',
    aggregation: GOOGLE,
    scores: row(56.8, 88.3, 87.4, 86.8, 88.3, 78.9, 87.9, 68.5),
    notes: [MATCHED],
  },
  {
    system: 'ELECTRA-Small-OWT (lmtuners)',
    set: 'dev',
    aggregation: OURS_DEV,
    scores: row(56.3, 88.4, 75.0, 86.1, 89.1, 77.9, 83.0, 67.1),
    notes: [FROM_MNLI],
  },
  {
    system: 'ALECTRA-Small-OWT (lmtuners)',
    set: 'dev',
    aggregation: OURS_DEV,
    scores: row(50.6, 89.1, 86.3, 87.2, 89.1, 78.2, 85.9, 69.6),
    notes: [FROM_MNLI],
  },
  {
    system: 'BERT-Base',
    set: 'test',
    aggregation: PUBLISHED,
    scores: row(52.1, 93.5, 84.8, 85.9, 89.2, 84.6, 90.5, 66.4),
    notes: [MATCHED],
  },
  {
    system: 'GPT',
    set: 'test',
    aggregation: PUBLISHED,
    scores: row(45.4, 91.3, 75.7, 80.0, 88.5, 82.1, 88.1, 56.0),
    notes: [MATCHED],
  },
  {
    system: 'ELECTRA-Small++ (as the card prints it)',
    set: 'test',
    aggregation: GOOGLE,
    scores: row(57.0, 91.2, 88.0, 87.5, 89.0, 81.3, 88.4, 66.7),
    notes: ["A copy of this system's dev row, not a test result."],
  },
  {
    system: 'ELECTRA-Small++',
    set: 'test',
    aggregation: PUBLISHED,
    scores: row(55.6, 91.1, 84.9, 84.6, 88.0, 81.6, 88.3, 63.6),
    notes: ['Its true test row, which the card does not show.'],
  },
  {
    system: 'ELECTRA-Small-OWT (lmtuners)',
    set: 'test',
    aggregation: OURS_TEST,
    scores: row(57.4, 89.3, 76.2, 81.9, 87.5, 78.1, 82.4, 68.1),
    notes: [FROM_MNLI],
  },
  {
    system: 'ALECTRA-Small-OWT (lmtuners)',
    set: 'test',
    aggregation: OURS_TEST,
    scores: row(43.9, 87.9, 82.1, 82.0, 87.6, 77.9, 85.8, 67.5),
    notes: [FROM_MNLI],
  },
];

// In the order of the columns.
function row(...scores: number[]): CardScores {
  return Object.fromEntries(cardColumns.map(({ title }, i) => [title, scores[i]]));
}
