// What a PyTorch state dict says about its tensors: storages, and views of them by offset, shape and stride.
//
// Stand-ins for the few Python names that occur in weight files. Sizes come from strangers: every view is checked
// against its storage, and no view may hold more values than the storage (an expanded tensor would let a small
// file ask for any amount of memory).

import { CheckpointError } from './checkpoint-error.js';
import type { Dtype } from './dtype.js';
import { PickleGlobal, type PickleRules, type PickleValue } from './unpickle.js';
import { elementCount } from './weights.js';

const STORAGES: ReadonlyMap<string, Dtype> = new Map([
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.DoubleStorage', 'F64'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ['torch.storage.UntypedStorage', 'U8'],
]);

// `_rebuild_tensor_v3` names the type beside an untyped storage.
const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['torch.uint16', 'U16'],
  ['torch.uint32', 'U32'],
  ['torch.uint64', 'U64'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
]);

const ALLOWED: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
  ...STORAGES.keys(),
  ...DTYPES.keys(),
]);

/** A run of values in the file, shared by the tensors that view it. */
export class TorchStorage {
  readonly key: string;
  readonly dtype: Dtype;
  /** Number of values. */
  readonly length: number;

  constructor(key: string, dtype: Dtype, length: number) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
  }
}

/** A view of a storage. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly dtype: Dtype;
  /** In values of `dtype`. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In values of `dtype`, one for each axis. */
  readonly strides: readonly number[];

  constructor(
    storage: TorchStorage,
    dtype: Dtype,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** What either layout comes to. */
export interface TorchLayout {
  readonly state: PickleValue;
  /** Raw bytes of a storage. */
  readonly read: (storage: TorchStorage) => Promise<Uint8Array>;
}

/** Rules for unpickling a state dict. Storages are collected in `storages`, by key. */
export function torchRules(path: string, storages: Map<string, TorchStorage>): PickleRules {
  return {
    path,
    allowed: ALLOWED,
    call: (name, args) => construct(path, name, args),
    persistent: (id) => storageOf(path, id, storages),
  };
}

function construct(path: string, name: string, args: readonly PickleValue[]): PickleValue {
  switch (name) {
    case 'collections.OrderedDict':
      if (args.length === 0) return new Map();
      break;
    case 'torch._utils._rebuild_tensor_v2':
      if (args.length >= 6 && args.length <= 7) return viewOf(path, args);
      break;
    case 'torch._utils._rebuild_tensor_v3':
      if (args.length >= 7 && args.length <= 8) return viewOf(path, args, args[6]);
      break;
    case 'torch._utils._rebuild_parameter':
      if (args.length === 3 && args[0] instanceof TorchTensor) return args[0];
      break;
  }
  throw new CheckpointError(
    'bad-pickle',
    `cannot read the pickle in ${path}: it calls ${name} with ${args.length} arguments of an unknown form.\n` +
      'Load the file in Python and save `model.state_dict()` again.',
  );
}

// ('storage', type, key, device, number of values) and, in the old layout, a view of it, which must be None
function storageOf(
  path: string,
  id: PickleValue,
  storages: Map<string, TorchStorage>,
): TorchStorage {
  const [tag, type, key, device, length, view = null] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal ? STORAGES.get(type.name) : undefined;
  if (
    tag !== 'storage' ||
    dtype === undefined ||
    typeof key !== 'string' ||
    typeof device !== 'string' ||
    !isCount(length) ||
    view !== null
  ) {
    throw badStorage(path, 'a storage is described in an unknown form');
  }
  const known = storages.get(key);
  if (known && (known.dtype !== dtype || known.length !== length)) {
    throw badStorage(path, `storage "${key}" is described in two ways`);
  }
  const storage = known ?? new TorchStorage(key, dtype, length);
  storages.set(key, storage);
  return storage;
}

function viewOf(
  path: string,
  [storage, offset, shape, strides]: readonly PickleValue[],
  named?: PickleValue,
): TorchTensor {
  if (!(storage instanceof TorchStorage)) throw badStorage(path, 'a tensor has no storage');
  let { dtype, length } = storage;
  if (named !== undefined) {
    const found = named instanceof PickleGlobal ? DTYPES.get(named.name) : undefined;
    if (!found || dtype !== 'U8') throw badStorage(path, 'a tensor is of an unknown type');
    dtype = found;
    length = Math.floor(length / widthOf(found));
  }
  if (
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  ) {
    throw badStorage(
      path,
      `a view of storage "${storage.key}" has a negative or impossible size: ` +
        `offset ${String(offset)}, shape [${String(shape)}], strides [${String(strides)}]`,
    );
  }
  const count = elementCount(shape);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
  if (!(count <= length) || (count > 0 && last >= length) || !Number.isSafeInteger(last)) {
    throw badStorage(
      path,
      `a view of storage "${storage.key}" reaches beyond it: shape [${shape.join(', ')}], strides ` +
        `[${strides.join(', ')}] from ${offset}, of ${length} values`,
    );
  }
  return new TorchTensor(storage, dtype, offset, shape, strides);
}

function widthOf(dtype: Dtype): number {
  return dtype === 'U64' ? 8 : dtype === 'U32' ? 4 : dtype === 'U16' ? 2 : 1;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: PickleValue): value is readonly number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isCount);
}

export function badStorage(path: string, what: string): CheckpointError {
  return new CheckpointError(
    'bad-storage',
    `cannot read the tensors of ${path}: ${what}.\nThe file is damaged or was not written by torch.save.`,
  );
}
