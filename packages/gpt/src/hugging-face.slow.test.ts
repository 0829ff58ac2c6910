// Python's transformers loads what we save and answers like us. Needs ALECTRA_PYTHON with transformers and torch.

import { testSavedClasses } from '../../albert/src/hugging-face.test-support.js';
import { gptConfig } from './config.js';
import {
  OpenAIGPTForSequenceClassification,
  OpenAIGPTLMHeadModel,
  OpenAIGPTModel,
} from './models.js';

const config = gptConfig({
  vocabSize: 40,
  nEmbd: 16,
  nLayer: 3,
  nHead: 4,
  nPositions: 12,
  initializerRange: 0.3,
  padTokenId: 0,
});
const kinds = [OpenAIGPTModel, OpenAIGPTLMHeadModel, OpenAIGPTForSequenceClassification];

testSavedClasses(kinds.map((kind) => [kind, config] as const));
