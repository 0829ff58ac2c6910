// A model that owns its parameters.

import * as tf from '@tensorflow/tfjs-core';
import type { HostTensors } from './initialize.js';
import type {
  LoadReport,
  Model,
  ModelDefinition,
  ModelInputs,
  ModelStorage,
  SaveOptions,
} from './model-class.js';
import type { CallOptions, Params } from './params.js';
import { registerKernels } from './register.js';

/** What `modelClass` makes. Its parameters outlive a surrounding `tf.tidy`. */
export class LoadedModel<Config, Outputs> implements Model<Config, Outputs> {
  readonly config: Config;
  readonly params: Params;
  readonly loading: LoadReport;
  readonly #definition: ModelDefinition<Config, Outputs>;
  readonly #storage: Pick<ModelStorage<Config>, 'save'>;

  constructor(
    definition: ModelDefinition<Config, Outputs>,
    storage: Pick<ModelStorage<Config>, 'save'>,
    config: Config,
    tensors: HostTensors,
    { missing, unexpected }: LoadReport,
  ) {
    registerKernels();
    this.#definition = definition;
    this.#storage = storage;
    this.config = config;
    this.loading = { missing, unexpected };
    this.params = toParams(definition, config, tensors);
  }

  call({ inputIds, attentionMask, tokenTypeIds }: ModelInputs, options?: CallOptions): Outputs {
    this.#refuseDisposed('call');
    const { forward } = this.#definition;
    const shape = inputIds.shape;
    const ones = attentionMask ?? tf.ones<tf.Rank.R2>(shape, 'int32');
    const zeros = tokenTypeIds ?? tf.zeros<tf.Rank.R2>(shape, 'int32');
    try {
      return forward(
        this.params,
        this.config,
        { inputIds, attentionMask: ones, tokenTypeIds: zeros },
        options,
      );
    } finally {
      if (!attentionMask) ones.dispose();
      if (!tokenTypeIds) zeros.dispose();
    }
  }

  async savePretrained(folder: string, { dtype, files }: SaveOptions = {}): Promise<void> {
    this.#refuseDisposed('save');
    const tensors: HostTensors = {};
    for (const [name, tensor] of Object.entries(this.params)) {
      const data = await tensor.data<'float32'>();
      tensors[name] = { dtype: 'float32', shape: tensor.shape, data };
    }
    const { architecture } = this.#definition;
    await this.#storage.save(folder, { architecture, config: this.config, tensors, dtype, files });
  }

  dispose(): void {
    for (const tensor of Object.values(this.params)) tensor.dispose();
  }

  #refuseDisposed(what: string): void {
    if (!Object.values(this.params).some((tensor) => tensor.isDisposed)) return;
    throw new Error(
      `nn: cannot ${what} ${this.#definition.architecture}: its parameters are disposed.\n` +
        'Make or load a new model, and dispose it when it is no longer used.',
    );
  }
}

/**
 * Tensors of the layout's names and shapes, from host values.
 *
 * @throws RangeError before any tensor is made
 */
function toParams<Config>(
  { architecture, layout }: ModelDefinition<Config, unknown>,
  config: Config,
  tensors: HostTensors,
): Params {
  const entries = Object.entries(layout(config)).map(([name, { shape }]) => {
    const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    const isFloat = found?.dtype === 'float32';
    if (found && isFloat && found.shape.join() === shape.join()) return [name, found] as const;
    const is = found ? `${isFloat ? '' : `${found.dtype} `}[${found.shape.join(', ')}]` : 'nothing';
    throw new RangeError(
      `nn: cannot make ${architecture}: found ${is} as '${name}', expected [${shape.join(', ')}].\n` +
        'Pass every tensor that the config implies, by Hugging Face name.',
    );
  });
  return Object.fromEntries(
    entries.map(([name, { data, shape }]) => [
      name,
      tf.keep(tf.tensor(data, [...shape], 'float32')),
    ]),
  );
}
