// A model of any family by its config.json, as Hugging Face's `AutoModel…` classes load it.

import { CheckpointError } from './checkpoint-error.js';
import type { JsonObject } from './json-file.js';
import type {
  ClassOf,
  ModelFamily,
  ModelHead,
  PretrainedClass,
  PretrainedOptions,
} from './model-family.js';
import { readConfig } from './model-folder.js';
import { resolveModel } from './resolve-model.js';

export interface ModelChoice<
  Families extends readonly ModelFamily[] = readonly ModelFamily[],
  Head extends ModelHead | 'auto' = ModelHead | 'auto',
> {
  /** What may be loaded: `[albertModels, bertModels, electraModels, gptModels]`, or some of them. */
  readonly families: Families;
  /** What the model is for; `'auto'` (default) is the class that config.json names. */
  readonly head?: Head;
}

/** A loaded model, its class, and its functions with the config filled in. */
export interface Pretrained<Class extends PretrainedClass = PretrainedClass> {
  /** Owned by the caller: dispose it. */
  readonly model: Awaited<ReturnType<Class['fromPretrained']>>;
  readonly kind: Class;
  readonly modelType: string;
  readonly head: ModelHead;
  /** The folder that it was loaded from; its tokenizer lies there too. */
  readonly path: string;
  /** `kind.forward` for the config of this model: `(params, inputs, options?) => outputs`. */
  readonly forward: Bound<Class['forward']>;
  /** `kind.logitsAt` likewise: `(params, inputs, positions, options?) => [B, K, V]`; undefined without such a head. */
  readonly logitsAt: Class extends { readonly logitsAt: infer Function }
    ? Bound<Function>
    : undefined;
}

/** A function of parameters, config and more, without its config. */
type Bound<Function> = Function extends (
  params: infer Params,
  config: never,
  ...rest: infer Rest
) => infer Result
  ? (params: Params, ...rest: Rest) => Result
  : never;

/**
 * Loads a model by path or by its name on the hub, whichever of the families it is.
 *
 * @param nameOrPath as of `resolveModel`
 * @throws CheckpointError `unknown-model` if config.json names none of the families, or no class of the family; and
 *   those of `resolveModel` and of the class
 */
export async function modelFromPretrained<
  const Families extends readonly ModelFamily[],
  Head extends ModelHead | 'auto' = 'auto',
>(
  nameOrPath: string,
  { families, head, hub, files, ...options }: ModelChoice<Families, Head> & PretrainedOptions,
): Promise<Pretrained<ClassOf<Families[number], Head>>> {
  const path = await resolveModel(nameOrPath, { hub, files });
  const choice = pickModelClass(await readConfig(path), { families, head }, nameOrPath);
  const { kind } = choice;
  const model = await kind.fromPretrained(path, options);
  const bind = (pure: PretrainedClass['forward'] | PretrainedClass['logitsAt']) => {
    // The config belongs to the class, which the union of all families' types cannot say.
    const free = pure as
      | ((params: unknown, config: unknown, ...rest: unknown[]) => unknown)
      | undefined;
    return free && ((params: unknown, ...rest: unknown[]) => free(params, model.config, ...rest));
  };
  const loaded = {
    ...choice,
    model,
    path,
    forward: bind(kind.forward),
    logitsAt: bind(kind.logitsAt),
  };
  return loaded as Pretrained<PretrainedClass> as Pretrained<ClassOf<Families[number], Head>>;
}

/**
 * The class for a config.json: `head` of the family that `model_type` names, or with 'auto' the class that
 * `architectures` names. A config of 2020 may lack either: then the other decides, and a config without
 * `architectures` is the bare model.
 *
 * @param from what the config belongs to, for messages
 * @throws CheckpointError `unknown-model`
 */
export function pickModelClass<
  const Families extends readonly ModelFamily[],
  Head extends ModelHead | 'auto' = 'auto',
>(
  config: JsonObject,
  { families, head: wanted }: ModelChoice<Families, Head>,
  from: string,
): {
  readonly kind: ClassOf<Families[number], Head>;
  readonly modelType: string;
  readonly head: ModelHead;
} {
  const { architectures } = config;
  const named: readonly string[] = Array.isArray(architectures) ? architectures.map(String) : [];
  const { modelType, heads } = pickFamily(config.model_type, named, families, from);
  const classes = classesOf(heads);
  const isNamed = ({ kind }: ClassChoice): boolean => named.includes(kind.architecture);
  const has = [...new Set(classes.map((choice) => choice.head))].join(', ');

  const pick = (): ClassChoice => {
    if (wanted !== undefined && wanted !== 'auto') {
      const fitting = classes.filter(({ head }) => head === wanted);
      const found = fitting.find(isNamed) ?? fitting.at(0);
      if (found) return found;
      throw unknownModel(
        `the models of type "${modelType}" have no head "${wanted}", expected one of ${has}.\n` +
          `Ask for one of these, or take ${from} for another purpose.`,
      );
    }
    const found = classes.find(isNamed) ?? (named.length === 0 ? classes.at(0) : undefined);
    if (found) return found;
    const known = classes.map(({ kind }) => kind.architecture).join(', ');
    throw unknownModel(
      `"architectures" of ${from} names ${named.join(', ')}, expected one of ${known}.\n` +
        `Say as \`head\` what you need of it: ${has}.`,
    );
  };
  // One of the classes that the type lists; which one, only config.json says.
  return { ...pick(), modelType } as ReturnType<typeof pickModelClass<Families, Head>>;
}

interface ClassChoice {
  readonly kind: PretrainedClass;
  readonly head: ModelHead;
}

/** Every class of a family, the bare model first. */
function classesOf(heads: ModelFamily['heads']): ClassChoice[] {
  const order = ['base', ...Object.keys(heads).filter((head) => head !== 'base')] as ModelHead[];
  return order.flatMap((head) => (heads[head] ?? []).map((kind) => ({ kind, head })));
}

function pickFamily(
  modelType: unknown,
  named: readonly string[],
  families: readonly ModelFamily[],
  from: string,
): ModelFamily {
  const found =
    typeof modelType === 'string'
      ? families.find((family) => family.modelType === modelType)
      : families.find(({ heads }) =>
          classesOf(heads).some(({ kind }) => named.includes(kind.architecture)),
        );
  if (found) return found;
  const types = families.map((family) => `"${family.modelType}"`).join(', ') || 'none';
  const says =
    modelType === undefined
      ? `config.json of ${from} has no "model_type", and its "architectures" (${named.join(', ') || 'none'}) belong to no family given`
      : `"model_type" of ${from} is ${JSON.stringify(modelType)}`;
  throw unknownModel(
    `${says}, expected one of ${types}.\n` +
      'Pass the family of that model in `families`; each package of models exports its own.',
  );
}

function unknownModel(message: string): CheckpointError {
  return new CheckpointError('unknown-model', `cannot choose a model: ${message}`);
}
