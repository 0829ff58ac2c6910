// Python's transformers loads what we save and answers like us. Needs ALECTRA_PYTHON with transformers and torch.

import { testSavedClasses } from '../../albert/src/hugging-face.test-support.js';
import { bertConfig, electraConfig } from './config.js';
import * as models from './models.js';

const sizes = {
  vocabSize: 40,
  hiddenSize: 16,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  intermediateSize: 32,
  maxPositionEmbeddings: 12,
  initializerRange: 0.3,
};
const bert = bertConfig(sizes);
const electra = electraConfig({ ...sizes, embeddingSize: 8 });

// Hugging Face has no class for Google's own classifier.
const kinds = Object.values(models).filter((kind) => kind !== models.ElectraGoogleClassifier);

testSavedClasses(
  kinds.map((kind) => [kind, kind.architecture.startsWith('Bert') ? bert : electra] as const),
);
testSavedClasses(
  [
    [models.BertForMaskedLM, { ...bert, tieWordEmbeddings: false }],
    [models.BertForPreTraining, { ...bert, tieWordEmbeddings: false }],
    [models.ElectraForMaskedLM, { ...electra, tieWordEmbeddings: false }],
  ],
  'a language model with a last matrix of its own',
  {
    BertForMaskedLM: ['cls.predictions.bias'],
    BertForPreTraining: ['cls.predictions.bias'],
  },
);
