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
// one more than the longest trace has
testExport([AlbertForMaskedLM, BertForQuestionAnswering], 6);
