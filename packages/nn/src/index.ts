export { ACTIVATION_NAMES, activation } from './activation.js';
export {
  type AttentionOptions,
  type AttentionWeights,
  attentionBias,
  attentionWeights,
  causalBias,
  selfAttention,
} from './attention.js';
export {
  type ConfigFamily,
  type ConfigFamilyOptions,
  checkEncoderSizes,
  configFamily,
  type FamilyConfig,
  type ProblemType,
} from './config-family.js';
export {
  ACTIVATION,
  BOOLEAN,
  type ConfigField,
  type ConfigFields,
  DEPTH,
  type FieldKind,
  OBJECT,
  oneOf,
  POSITIVE,
  RATE,
  SIZE,
  TOKEN_ID,
} from './config-fields.js';
export { dropout } from './dropout.js';
export { embedding } from './embedding.js';
export { firstAttention } from './first-attention.js';
export { type GeluApproximation, gelu } from './gelu.js';
export {
  type HostTensor,
  type HostTensors,
  type InitializeOptions,
  type Initializer,
  type InitScheme,
  initialize,
  type ParameterLayout,
  type ParameterShape,
  parameterCount,
} from './initialize.js';
export {
  type LogitsAt,
  languageModel,
  logitsAtPositions,
  type VocabularyHead,
} from './language-model.js';
export { layerNorm } from './layer-norm.js';
export { type EmbeddingSizes, linearLayout, normLayout, tokenEmbeddingsLayout } from './layouts.js';
export { affine, linear } from './linear.js';
export {
  type MaskedLMHeadNames,
  maskedLMHead,
  type VocabularyLogitsNames,
  type VocabularyLogitsOptions,
  vocabularyLogits,
} from './masked-lm-head.js';
export {
  type ClassifierSizes,
  classifierLayout,
  classify,
  type EncoderBody,
  type ModelBody,
  type PooledBody,
  pool,
  pooledLayout,
} from './model-body.js';
export {
  type InitOptions,
  type LoadOptions,
  type LoadReport,
  type Model,
  type ModelClass,
  type ModelDefinition,
  type ModelInputs,
  type ModelStorage,
  modelClass,
  type OtherNames,
  type SaveOptions,
} from './model-class.js';
export type {
  HiddenStateOutputs,
  MaskedLMOutputs,
  PooledOutputs,
  QuestionAnsweringOutputs,
  SequenceClassifierOutputs,
  TokenClassifierOutputs,
} from './model-outputs.js';
export {
  type CallOptions,
  type EncodeOptions,
  type Params,
  parameter,
  type Sight,
  type TokenBatch,
} from './params.js';
export {
  gumbel,
  hostRandomBits,
  RANDOM_BITS,
  type RandomBitsInput,
  type RandomBitsRegister,
  type RandomBitsStep,
  type RandomKey,
  randomBits,
  randomUniform,
  scopedKey,
  streamId,
} from './random-bits.js';
export { KERNEL_NAMES, registerGradients, registerKernels } from './register.js';
export {
  type MaskedLMGenerator,
  type ReplacedTokenDiscriminator,
  tokenDiscriminator,
} from './replaced-token.js';
export { firstRows, rowsAt, toSequences } from './sequence-rows.js';
export {
  bareModel,
  pooledModel,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
} from './shared-heads.js';
export { softmax } from './softmax.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
export { stopGradient } from './stop-gradient.js';
export { type TokenEmbeddingOptions, tokenEmbeddings } from './token-embeddings.js';
export {
  applyTransformerLayer,
  type TransformerLayer,
  type TransformerLayerNames,
  type TransformerLayerOptions,
  transformerLayer,
} from './transformer-layer.js';
