// What transformers.js has: base, masked-LM, sequence classification and question answering.

import { AlbertForMaskedLM } from '../../albert/src/models.js';
import { BertForQuestionAnswering } from './models.js';
import { ALL_CLASSES, testExport } from './onnx.test-support.js';

const names = [
  'AlbertForMaskedLM',
  'BertModel',
  'BertForQuestionAnswering',
  'ElectraForSequenceClassification',
];

testExport(ALL_CLASSES.filter(({ architecture }) => names.includes(architecture)));
// as many as the longest trace has, and as one once had
testExport([AlbertForMaskedLM], 4);
testExport([BertForQuestionAnswering], 13);
