// The classes against Hugging Face's, forward and gradients: fixtures of tools/reference/gpt_parity.py.

import { describeParity } from '../../albert/src/parity.test-support.js';
import {
  OpenAIGPTForSequenceClassification,
  OpenAIGPTLMHeadModel,
  OpenAIGPTModel,
} from './models.js';

describeParity(new URL('../fixtures/', import.meta.url), [
  OpenAIGPTModel,
  OpenAIGPTLMHeadModel,
  OpenAIGPTForSequenceClassification,
]);
