export { type HubEvent, type HubOptions, hubOptionsFromEnv } from '@alectra/files';
export { CheckpointError, type CheckpointErrorCode } from './checkpoint-error.js';
export { type Dtype, dtypeBytes, type WeightData } from './dtype.js';
export {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from './half-precision.js';
export { fromHostTensor, type HostTensor, toHostTensor } from './host-tensor.js';
export type { JsonObject } from './json-file.js';
export { describeLoad, type LoadedWeights, type LoadOptions, loadWeights } from './load-weights.js';
export {
  HISTORICAL,
  type ModelTensors,
  matchNames,
  mismatchError,
  type NameMatch,
  type ShapeMismatch,
} from './match-names.js';
export { type CardScore, type ModelCard, modelCard } from './model-card.js';
export type {
  ClassOf,
  ModelFamily,
  ModelHead,
  ModelHeads,
  PretrainedClass,
  PretrainedOptions,
} from './model-family.js';
export {
  isModelFolder,
  type ModelFolderContent,
  type OpenModelFolder,
  openModelFolder,
  readConfig,
  readModelFolder,
  writeModelFolder,
} from './model-folder.js';
export {
  type ModelChoice,
  modelFromPretrained,
  type Pretrained,
  pickModelClass,
} from './model-from-pretrained.js';
export {
  type ExpectedModel,
  type FloatTensor,
  type ModelStorage,
  modelStorage,
  type StoredFamily,
  type StoredModel,
} from './model-storage.js';
export {
  type ExportOnnx,
  type OnnxInput,
  type OnnxInputs,
  type OnnxSource,
  saveOnnx,
} from './onnx-model.js';
export { openWeights, WEIGHT_FILES } from './open-weights.js';
export { type ResolveOptions, resolveModel } from './resolve-model.js';
export { openSafetensors, readSafetensors } from './safetensors-read.js';
export { encodeSafetensors, type Metadata, writeSafetensors } from './safetensors-write.js';
export { openSharded, writeSharded } from './sharded.js';
export { openTfH5 } from './tf-h5.js';
export { openTorch } from './torch-open.js';
export {
  elementCount,
  type TensorInfo,
  type WeightRecord,
  type WeightSource,
  type WeightTensor,
} from './weights.js';
