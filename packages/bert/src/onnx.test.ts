// What transformers.js has: base, masked-LM, sequence classification and question answering.

import { ALL_CLASSES, testExport } from './onnx.test-support.js';

const names = [
  'AlbertForMaskedLM',
  'BertModel',
  'BertForQuestionAnswering',
  'ElectraForSequenceClassification',
];

testExport(ALL_CLASSES.filter(({ architecture }) => names.includes(architecture)));
