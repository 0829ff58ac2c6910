// A recipe: everything that defines a pretraining run, as plain data, validated once at the edge.
//
// Model fields have their Hugging Face names in camelCase. Units: lengths in tokens, batches in examples,
// steps in optimizer steps (after accumulation).

import { ACTIVATION_NAMES } from '@alectra/nn';
import { z } from 'zod';

const count = z.int().positive();
const share = z.number().min(0).max(1);
const rate = z.number().min(0).lt(1);
const pattern = z.string().refine(isPattern, { error: 'not a regular expression' });

const activation = z
  .string()
  .refine((name) => ACTIVATION_NAMES.includes(name), { error: 'not an activation of @alectra/nn' });

const network = z.strictObject({
  hiddenSize: count,
  numHiddenLayers: count,
  /** Of albert: 1 is one layer applied again and again, numHiddenLayers a layer each. */
  numHiddenGroups: count.default(1),
  numAttentionHeads: count,
  intermediateSize: count,
});

const tieMode = z.enum(['share', 'copyAtInit']);
/** true: as `mode` says. */
const tiePart = z.union([z.boolean(), tieMode]);

export const recipeSchema = z
  .strictObject({
    /** The preset that the values came from, for the reader of config.json. */
    preset: z.string().default('none'),
    /** Initial weights, order of examples, masks, samples and dropout are functions of it. */
    seed: z.int().min(0).max(0x7fffffff).default(1),
    /** A run or checkpoint whose weights to begin with; kept, so that a run killed early begins again the same way. */
    initFrom: z.string().optional(),
    data: z
      .strictObject({
        /** Files or folders of text; see @alectra/owt-loader for the formats. Empty when shards are given. */
        text: z.array(z.string()).default([]),
        /** A folder of shards that was built before; empty: built into the run folder. */
        shards: z.string().default(''),
        builder: z.enum(['carry', 'electra', 'lmtuners']).default('carry'),
        sequenceLength: z.int().min(8).default(128),
        /** Share of documents kept for evaluation. */
        heldOut: z.number().gt(0).lt(1).default(0.01),
      })
      .prefault({}),
    vocabulary: z
      .strictObject({
        /** A vocab.txt; empty: trained on the text. */
        file: z.string().default(''),
        /** Pieces to train; ignored with a file. */
        size: z.int().min(100).default(30522),
      })
      .prefault({}),
    model: z
      .strictObject({
        /**
         * albert: layers shared, two labels; bert: a layer each, tables as wide as the layers, two labels; electra: a layer
         * each, Google's head.
         */
        family: z.enum(['albert', 'bert', 'electra']).default('albert'),
        embeddingSize: count.default(128),
        maxPositionEmbeddings: count.default(128),
        typeVocabSize: count.default(2),
        hiddenAct: activation.default('gelu_new'),
        hiddenDropoutProb: rate.default(0.1),
        attentionProbsDropoutProb: rate.default(0.1),
        layerNormEps: z.number().positive().default(1e-12),
        /** Standard deviation of first weights, of the tables above all: Hugging Face's initializer_range. */
        initializerRange: z.number().positive().default(0.02),
        /** Of linear layers, where it is another; fan-in: 1 / √inputs. */
        linearInitializerRange: z.union([z.number().positive(), z.literal('fan-in')]).optional(),
        positionInitializer: z.enum(['normal', 'sinusoidal']).default('normal'),
        /** false: the generator's last matrix is one of its own, not the word table. */
        tieWordEmbeddings: z.boolean().optional(),
        /** Of albert: which rate drops the attention's output. */
        attentionOutputDropout: z.enum(['hidden', 'attention']).optional(),
        /** Of albert: epsilon of the LayerNorm in the generator's head, where it is another. */
        predictionsLayerNormEps: z.number().positive().optional(),
      })
      .prefault({}),
    generator: network,
    discriminator: network,
    task: z
      .strictObject({
        maskSelection: z.enum(['fixedK', 'bernoulli', 'google-with-replacement']).default('fixedK'),
        maskProbability: z.number().gt(0).lt(1).default(0.15),
        /** How many of the chosen positions show [MASK]; the others keep their token. */
        maskTokenProbability: share.default(0.85),
        temperature: z.number().positive().default(1),
        disallowCorrect: z.boolean().default(false),
        uniformGenerator: z.boolean().default(false),
        generatorWeight: z.number().min(0).default(1),
        discriminatorWeight: z.number().min(0).default(50),
        /** What both networks share (one tensor), or only start with (two). */
        tie: z
          .strictObject({
            mode: tieMode.default('share'),
            word: tiePart.default(true),
            position: tiePart.default(true),
            segment: tiePart.default(true),
            norm: tiePart.default(true),
            projection: tiePart.default(false),
            encoder: tiePart.default(false),
          })
          .prefault({}),
      })
      .prefault({}),
    optimizer: z
      .strictObject({
        name: z.enum(['adamw', 'lamb']).default('adamw'),
        /** Of lamb: see @alectra/optim. */
        flavour: z.enum(['pytorch-lamb', 'google-albert']).default('pytorch-lamb'),
        /** Of adamw: ELECTRA has none. */
        biasCorrection: z.boolean().default(false),
        beta1: rate.default(0.9),
        beta2: rate.default(0.999),
        epsilon: z.number().positive().default(1e-6),
        weightDecay: z.number().min(0).default(0.01),
        /** Regular expressions of parameter names that are not decayed. */
        excludeFromDecay: z.array(pattern).default(['bias', 'LayerNorm', 'layer_norm']),
        /** 0 switches clipping off. */
        maxGradientNorm: z.number().min(0).default(1),
      })
      .prefault({}),
    schedule: z.strictObject({
      shape: z.enum(['product', 'piecewise', 'jump', 'constant']).default('piecewise'),
      peakLearningRate: z.number().positive(),
      warmupSteps: z.int().min(0),
      steps: count,
    }),
    batch: z.strictObject({
      /** Examples an optimizer step. */
      size: count,
      /** Examples that go through the networks at once; divides `size`. */
      microSize: count,
    }),
    intervals: z
      .strictObject({
        logSteps: count.default(100),
        /** 0: at the start and the end only. */
        evaluateSteps: z.int().min(0).default(0),
        checkpointSteps: z.int().min(0).default(0),
        checkpointSeconds: z.number().min(0).default(600),
        keepLast: count.default(3),
        keepEverySteps: z.int().min(0).default(0),
        /** Keep the checkpoint with the best held-out value: the lowest loss, or the highest of the others. */
        keepBest: z
          .enum([
            '',
            'generatorLoss',
            'generatorAccuracy',
            'discriminatorLoss',
            'discriminatorAccuracy',
            'auc',
          ])
          .default(''),
      })
      .prefault({}),
    evaluation: z
      .strictObject({
        /** Held-out examples looked at; all there are, if fewer. */
        examples: count.default(1024),
      })
      .prefault({}),
    /** A GLUE task now and then: a linear head on frozen features of the discriminator. */
    probe: z
      .strictObject({
        /** A folder as @alectra/glue reads it: of all tasks, or of this one. */
        data: z.string().min(1),
        task: z
          .enum(['cola', 'sst2', 'mrpc', 'stsb', 'qqp', 'mnli', 'qnli', 'rte', 'wnli'])
          .default('sst2'),
        /** 0: at the end only. */
        everySteps: z.int().min(0).default(0),
        /** Most examples to fit on, and as many to score. */
        examples: count.default(2000),
      })
      .optional(),
    engine: z.enum(['auto', 'onnxruntime', 'eager', 'tensorflow']).default('auto'),
    /** 0 leaves the choice to the engine. */
    threads: z.int().min(0).default(0),
    /** Of matrix products, float32 when left out; bf16 needs engine tensorflow. */
    precision: z.enum(['float32', 'bf16']).optional(),
  })
  .superRefine((recipe, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    for (const name of ['generator', 'discriminator'] as const) {
      const { hiddenSize, numAttentionHeads, numHiddenLayers, numHiddenGroups } = recipe[name];
      if (hiddenSize % numAttentionHeads !== 0)
        refuse(
          `${name}.hiddenSize`,
          `${hiddenSize} cannot be divided among numAttentionHeads ${numAttentionHeads}`,
        );
      if (numHiddenGroups > numHiddenLayers)
        refuse(
          `${name}.numHiddenGroups`,
          `${numHiddenGroups} is more than numHiddenLayers ${numHiddenLayers}`,
        );
      if (recipe.model.family !== 'albert' && numHiddenGroups !== 1)
        refuse(`${name}.numHiddenGroups`, 'belongs to model.family albert: leave it out');
      if (recipe.model.family === 'bert' && hiddenSize !== recipe.model.embeddingSize)
        refuse(
          `${name}.hiddenSize`,
          `${hiddenSize} is not model.embeddingSize ${recipe.model.embeddingSize}, as model.family bert needs`,
        );
    }
    for (const field of ['attentionOutputDropout', 'predictionsLayerNormEps'] as const)
      if (recipe.model.family !== 'albert' && recipe.model[field] !== undefined)
        refuse(`model.${field}`, 'belongs to model.family albert: leave it out');
    const { generator, discriminator } = recipe;
    const { tie } = recipe.task;
    const tieNeeds = (part: 'projection' | 'encoder', isMet: boolean, needed: string): void => {
      if (tie[part] && !isMet) refuse(`task.tie.${part}`, `both networks need ${needed}`);
    };
    const sameWidth = generator.hiddenSize === discriminator.hiddenSize;
    tieNeeds('projection', sameWidth, 'the same hiddenSize');
    tieNeeds(
      'encoder',
      sameWidth &&
        generator.intermediateSize === discriminator.intermediateSize &&
        generator.numHiddenGroups >= discriminator.numHiddenGroups,
      'the same hiddenSize and intermediateSize, and the generator as many numHiddenGroups',
    );
    if (recipe.model.typeVocabSize < 2)
      refuse('model.typeVocabSize', 'examples have two segments, expected at least 2');
    const { sequenceLength } = recipe.data;
    if (sequenceLength > recipe.model.maxPositionEmbeddings)
      refuse(
        'data.sequenceLength',
        `${sequenceLength} exceeds model.maxPositionEmbeddings ${recipe.model.maxPositionEmbeddings}`,
      );
    const { size, microSize } = recipe.batch;
    if (size % microSize !== 0)
      refuse('batch.size', `${size} is not a multiple of batch.microSize ${microSize}`);
    if (recipe.precision === 'bf16' && recipe.engine !== 'tensorflow')
      refuse('precision', `bf16 needs engine tensorflow, found ${recipe.engine}`);
    const { warmupSteps, steps } = recipe.schedule;
    if (warmupSteps > steps)
      refuse('schedule.warmupSteps', `${warmupSteps} exceeds schedule.steps ${steps}`);
  });

export type Recipe = z.output<typeof recipeSchema>;
export type RecipeInput = z.input<typeof recipeSchema>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
