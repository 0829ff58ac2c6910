// Engine `tensorflow`: traced functions as one graph in libtensorflow, state in session variables.
//
// All functions over one state live in one session, because sessions of the addon do not share variables. A
// function compiled later makes a new session, with the state carried over, when something next runs.

import { readFileSync } from 'node:fs';
import type { Engine, Precision, Runner, Source } from '../engine.js';
import { changesOf } from '../graph.js';
import type { HostTensor } from '../host-tensor.js';
import { startTensorflow, type TensorflowAddon, type TensorflowOptions } from './addon.js';
import { type EmittedFunction, type EmittedState, emitFunction, emitState } from './emit.js';
import { writeSavedModel } from './graph-def.js';
import { TensorflowSession } from './session.js';

export async function tensorflowEngine(
  initial: readonly HostTensor[],
  options: TensorflowOptions,
): Promise<Engine> {
  return new TensorflowEngine(await startTensorflow(options), initial, options);
}

class TensorflowEngine implements Engine {
  readonly name = 'tensorflow';
  private readonly addon: TensorflowAddon;
  private readonly precision: Precision;
  private readonly state: EmittedState;
  private readonly functions = new Set<EmittedFunction>();
  /** The state's values while no session holds them. */
  private waiting: readonly HostTensor[] | undefined;
  private session: TensorflowSession | undefined;
  private emitted = 0;

  constructor(
    addon: TensorflowAddon,
    initial: readonly HostTensor[],
    { precision = 'float32' }: TensorflowOptions,
  ) {
    this.addon = addon;
    this.precision = precision;
    this.waiting = initial;
    this.state = emitState(initial);
  }

  async load(source: Source): Promise<Runner> {
    const { graph, outputShape } = source.traced();
    const start = performance.now();
    const isGpu = this.addon.isUsingGpuDevice();
    const emitted = emitFunction(graph, `f${this.emitted++}/`, {
      precision: this.precision,
      fuse: !isGpu, // there XLA needs CUDA's compiler, which may be missing
      columnReads: isGpu ? 'plain' : hasAvx512() ? 'turned' : 'widened',
    });
    const emitMs = performance.now() - start;
    this.functions.add(emitted);
    this.unload();
    const names = emitted.inputs.map(({ name }) => name).join();
    const fetches = emitted.outputs.length > 0 ? emitted.outputs.join() : emitted.finished;
    return {
      emitMs,
      changes: changesOf(graph),
      run: async (inputs) => {
        const feeds = emitted.inputs.map(({ index }) => inputs[index]);
        const session = this.ready();
        const begin = performance.now();
        const leaves = session.run(names, feeds, fetches);
        return {
          leaves: leaves.slice(0, emitted.outputs.length),
          shape: outputShape,
          engineMs: performance.now() - begin,
        };
      },
      dispose: () => {
        this.functions.delete(emitted);
      },
    };
  }

  async readState(): Promise<HostTensor[]> {
    return this.waiting ? this.waiting.map(copyOf) : this.values();
  }

  async writeState(values: readonly HostTensor[]): Promise<void> {
    if (this.session) this.assign(this.session, values);
    else this.waiting = values.map(copyOf);
  }

  dispose(): void {
    this.session?.dispose();
    this.session = undefined;
    this.waiting = undefined;
    this.functions.clear();
  }

  /** The session over all functions; made when one is missing. */
  private ready(): TensorflowSession {
    if (this.session) return this.session;
    const emitted = [...this.functions];
    const nodes = [this.state, ...emitted].flatMap((part) => part.nodes);
    const bodies = new Map(emitted.flatMap(({ functions }) => functions.map((f) => [f.name, f])));
    const graph = writeSavedModel(nodes, [...bodies.values()]);
    const session = new TensorflowSession(this.addon, graph);
    this.assign(session, this.waiting ?? []);
    this.waiting = undefined;
    this.session = session;
    return session;
  }

  /** Takes the state back from the session and closes it. */
  private unload(): void {
    if (!this.session) return;
    this.waiting = this.values();
    this.session.dispose();
    this.session = undefined;
  }

  private values(): HostTensor[] {
    if (!this.session || this.state.reads.length === 0) return [];
    return this.session.run('', [], this.state.reads.join());
  }

  private assign(session: TensorflowSession, values: readonly HostTensor[]): void {
    if (values.length === 0) return;
    session.run(this.state.initial.join(), values, this.state.initialised);
  }
}

/** Whether this is known to be a processor with 512-bit vectors. */
function hasAvx512(): boolean {
  try {
    return /\bavx512f\b/.test(readFileSync('/proc/cpuinfo', 'latin1'));
  } catch {
    return false; // not Linux
  }
}

const copyOf = (value: HostTensor): HostTensor => ({ ...value, data: value.data.slice() });
