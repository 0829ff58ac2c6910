// A TensorFlow.js backend that records kernels instead of running them.
//
// Its tensors are values of a graph. Host data becomes a constant when a kernel first uses it. The backend is
// registered by the first `compile`, never by an import, and is active only while a function is being traced.

import * as tf from '@tensorflow/tfjs-core';
import { constantArray, GraphBuilder, type Value } from './graph.js';
import { type HostArray, isDType, sizeOf, type TensorSpec } from './host-tensor.js';
import { KERNEL_RULES } from './kernel-rules.js';

export const TRACING = 'alectra-tracing';

/** Float arrays above this many elements, made while tracing, are taken for frozen random numbers. */
const LARGEST_LITERAL = 1024;

export interface Entry {
  references: number;
  readonly spec: TensorSpec;
  /** Host values not yet in the graph. */
  host?: tf.backend_util.TypedArray;
  value?: Value;
  /** The graph `value` belongs to. */
  graph?: GraphBuilder;
}

export class TracingBackend extends tf.KernelBackend {
  protected readonly storage: tf.DataStorage<Entry>;
  protected graph: GraphBuilder | undefined;

  constructor() {
    super();
    this.storage = new tf.DataStorage<Entry>(this, tf.engine());
  }

  /** Records into a new graph until `end`. */
  begin(): GraphBuilder {
    if (this.graph) {
      throw new Error(
        'jit: a traced function cannot be traced inside another one.\nCall the plain function instead.',
      );
    }
    this.graph = new GraphBuilder(KERNEL_RULES);
    return this.graph;
  }

  end(): void {
    this.graph = undefined;
  }

  get isRecording(): boolean {
    return this.graph !== undefined;
  }

  /** Makes `value` a tensor's data. */
  adopt(value: Value): tf.TensorInfo {
    const dataId = {};
    this.storage.set(dataId, { references: 1, spec: value, value, graph: this.graph });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  /** Whether a tensor's values are computed by the graph that is being recorded. */
  isSymbolic({ dataId }: tf.TensorInfo): boolean {
    if (!this.storage.has(dataId)) return false;
    const { graph, host } = this.storage.get(dataId);
    return graph === this.graph && host === undefined;
  }

  /** Another handle on a tensor's data. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.incRef(dataId);
    return { dataId, shape, dtype };
  }

  /** The graph value behind a tensor; host data enters the graph here. */
  graphValue({ dataId, shape, dtype }: tf.TensorInfo): Value {
    const graph = this.recording();
    const entry = this.storage.get(dataId);
    if (!isDType(dtype)) {
      throw new TypeError(
        `jit: a ${dtype} tensor cannot be traced: expected float32, int32 or bool.\nKeep it outside the traced function.`,
      );
    }
    if (entry.value && entry.graph === graph) {
      // Reshape shares data between tensors of different shapes in some ops.
      return graph.call('Reshape', [entry.value], { shape });
    }
    const known = entry.host ?? (entry.value && constantArray(entry.value));
    if (!known) {
      throw new Error(
        `jit: a tensor of another traced function was used: ${dtype} [${shape}].\n` +
          `Pass it on as state, input or output; a traced tensor lives only while its function is traced.`,
      );
    }
    entry.value = graph.constant(known, shape, dtype);
    entry.graph = graph;
    return entry.value;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.store(dataId, values, shape, dtype, 1);
    const host = this.storage.get(dataId).host;
    if (this.graph && dtype === 'float32' && host && host.length > LARGEST_LITERAL) {
      if (host.some((value) => value !== host[0])) {
        throw new Error(
          `jit: float32 [${shape}] was made from ${host.length} different numbers inside a traced function; ` +
            `they would be frozen into the graph.\n` +
            `Random numbers: use randomBits of @alectra/nn with a key that is an input. ` +
            `Tables: make them outside the function, or pass them as input or state.`,
        );
      }
    }
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    this.store(dataId, values, shape, dtype, references);
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const { host, value, graph, spec } = this.storage.get(dataId);
    const known = host ?? (value && constantArray(value));
    if (known) return known;
    const op = value && graph?.producer(value)?.op;
    const maker = op ? `, the result of ${op},` : '';
    throw new Error(
      `jit: the values of ${spec.dtype} [${spec.shape}]${maker} were read while tracing; they exist only when the program runs.\n` +
        `dataSync, data, array, print and whereAsync cannot be used inside a traced function: ` +
        `choose with tf.where, gather with index tensors, and return what the host needs as an output.`,
    );
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.storage.has(dataId)) return true;
    const entry = this.storage.get(dataId);
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.storage.delete(dataId);
    return true;
  }

  override incRef(dataId: tf.DataId): void {
    if (this.storage.has(dataId)) this.storage.get(dataId).references++;
  }

  override refCount(dataId: tf.DataId): number {
    return this.storage.has(dataId) ? this.storage.get(dataId).references : 0;
  }

  override numDataIds(): number {
    return this.storage.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    run();
    return { kernelMs: 0 };
  }

  override dispose(): void {}

  recording(): GraphBuilder {
    if (this.graph) return this.graph;
    throw new Error(
      `jit: a kernel was called on the tracing backend outside a traced function.\n` +
        `Choose another backend with tf.setBackend for eager work.`,
    );
  }

  private store(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    if (!isDType(dtype)) {
      throw new TypeError(
        `jit: a ${dtype} tensor cannot be traced: expected float32, int32 or bool.\nKeep it outside the traced function.`,
      );
    }
    const host = storage(values, sizeOf(shape), dtype);
    this.storage.set(dataId, { references, spec: { shape, dtype }, host });
  }
}

/** tf.zeros and tf.fill hand over their arrays; plain arrays of numbers also occur. */
function storage(values: tf.BackendValues, size: number, dtype: string): HostArray {
  if (
    values instanceof Float32Array ||
    values instanceof Int32Array ||
    values instanceof Uint8Array
  ) {
    return values;
  }
  const numbers = Array.from(values ?? new Float32Array(size), Number);
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

let registered: TracingBackend | undefined;

/** The one tracing backend; registers it and its kernels on first use. */
export function tracingBackend(): TracingBackend {
  if (registered && tf.findBackend(TRACING) === registered) return registered;
  const backend = new TracingBackend();
  tf.registerBackend(TRACING, () => backend, 0);
  registerRules(TRACING);
  registered = backend;
  return backend;
}

/** Makes every kernel that can be traced a kernel of `backendName`, whose backend is a TracingBackend. */
export function registerRules(backendName: string): void {
  for (const [kernelName, { inputs, many, record }] of KERNEL_RULES) {
    if (tf.getKernel(kernelName, backendName)) continue;
    const names = inputs === 'list' ? undefined : inputs.map((name) => name.replace('?', ''));
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs: given, attrs, backend }) => {
        const tracer = backend as TracingBackend;
        const named = given as Record<string, tf.TensorInfo>;
        const tensors = names ? names.map((name) => named[name]) : Object.values(named);
        const values = tensors.map((tensor) => tensor && tracer.graphValue(tensor));
        const recorded = record(tracer.recording(), values as Value[], { ...attrs });
        const infos = recorded.map((value) => {
          // A result that is an input shares its data, as Identity does on every backend.
          const same = tensors[values.indexOf(value)];
          return same ? tracer.share(same) : tracer.adopt(value);
        });
        return many ? infos : infos[0];
      },
    });
  }
}
