// What all pipelines share: texts become requests, requests become rows of few runs, rows become answers.

import type { EngineName } from '@alectra/jit';
import { checkInput, checkInputs, InputError } from './input-error.js';
import type { Weighted } from './model.js';
import { usualShapes } from './plan.js';
import { RunQueue } from './run-queue.js';
import { type Row, type RowOutputs, runRows } from './run-rows.js';
import type { EngineOptions, Kind } from './shaped-programs.js';
import type { EncodeOptions, Encoding, Tokenizer } from './tokenizer.js';

export interface PipelineOptions<Model extends Weighted> {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  /** Default `auto`: the fastest that is installed; `eager` in a browser. */
  readonly engine?: EngineOptions['engine'];
  /** Threads of one operation in a run that is alone; the engine chooses when left out. */
  readonly threads?: number;
  /**
   * Threads of a run that is alone wait for one another without sleeping: a text is answered in two thirds of the time where
   * the cores are free, and more slowly where other programs use them. Default false; only engine `onnxruntime`.
   */
  readonly spinning?: boolean;
  /**
   * Runs that may be under way at once, as many as there are cores for example. Default 1. Side by side each has one
   * thread, which suits many short texts; a run that is alone has `threads`. Only engine `onnxruntime` has more than one.
   */
  readonly parallelRuns?: number;
  /** Most tokens of one text, [CLS] and [SEP] included; default and upper limit: what model and tokenizer can take. */
  readonly maxTokens?: number;
  /** Most tokens of one run, padding included. Default 2048. */
  readonly maxBatchTokens?: number;
  /** Told of what Python's pipeline warns about. */
  readonly onWarning?: (message: string) => void;
}

/** A text with its options, checked and encoded. */
export interface Request<Answer> {
  /** Tokens that the model will see, for batching by a budget. */
  readonly tokenCount: number;
  readonly rows: readonly Row[];
  readonly answer: (outputs: readonly RowOutputs[]) => Answer;
}

export interface Pipeline<Input, Options, Answer> {
  readonly engine: EngineName;
  /** Most tokens of one text. */
  readonly maxTokens: number;
  /**
   * Answers in the order of the inputs. An answer does not depend on what else is in the batch.
   *
   * @param options for all inputs, or a list with one for each
   * @throws InputError when an input cannot be answered; then none is
   */
  call(inputs: readonly Input[], options?: Options | readonly Options[]): Promise<Answer[]>;
  /**
   * The first half of `call`, for programs that gather requests of several clients before they run them.
   *
   * @throws InputError when the input cannot be answered
   */
  prepare(input: Input, options?: Options): Request<Answer>;
  /** The second half of `call`. */
  run(requests: readonly Request<Answer>[]): Promise<Answer[]>;
  /** Tokens of an input, [CLS] and [SEP] included. */
  tokenCount(input: Input): number;
  /**
   * Compiles the shapes of up to four texts, while nothing else is to be done, so that no text waits for it; some
   * seconds. Ends early when the pipeline is disposed.
   */
  warmUp(): Promise<void>;
  /** Frees engine and weights; what runs finishes first. */
  dispose(): void;
}

/** A text, or a text and its pair. */
export interface TextAndPair {
  readonly text: string;
  readonly text_pair?: string;
}

/** The text and its pair; an empty pair is none, as in Python. */
export function textAndPair(input: string | TextAndPair): { text: string; pair?: string } {
  if (typeof input === 'string') return { text: input };
  return { text: input.text, pair: input.text_pair || undefined };
}

/** What a task does with one input. */
export interface Task<Input, Options, Answer> {
  /** The function and number of positions that are compiled at once. */
  readonly first: { readonly kind: Kind; readonly positions: number };
  /** Whether an input may be a text with its pair. Default false. */
  readonly takesPairs?: boolean;
  readonly prepare: (input: Input, options: Options) => Omit<Request<Answer>, 'tokenCount'>;
}

/** Tokens from which a run is efficient. */
const LEAST_SHARE = 256;

/** Joins a task with an engine. */
export async function makePipeline<
  Input extends string | TextAndPair,
  Options extends object,
  Answer,
>(
  {
    model,
    tokenizer,
    engine,
    threads,
    spinning,
    maxBatchTokens = 2048,
    parallelRuns = 1,
    ...rest
  }: PipelineOptions<Weighted>,
  { first, takesPairs = false, prepare }: Task<Input, Options, Answer>,
): Promise<Pipeline<Input, Options, Answer>> {
  const longest = longestText({ model, tokenizer, ...rest });
  checkCount('parallelRuns', parallelRuns);
  checkCount('maxBatchTokens', maxBatchTokens);
  checkVocabulary(model, tokenizer);
  const maxColumns = model.config.maxPositionEmbeddings;
  const shape = { rows: 1, columns: Math.min(16, maxColumns), positions: first.positions };
  const queue = await RunQueue.create(model.params, first.kind, shape, {
    engine,
    threads,
    spinning,
    parallelRuns,
  });
  const padId = tokenizer.tokenToId(tokenizer.config.padToken) ?? 0;

  const prepared = (input: Input, options: Options): Request<Answer> => {
    checkInput(input, takesPairs);
    const request = prepare(input, options);
    const tokenCount = request.rows.reduce((sum, { ids }) => sum + ids.length, 0);
    return { ...request, tokenCount };
  };
  const run = async (requests: readonly Request<Answer>[]): Promise<Answer[]> => {
    const rows = requests.flatMap((request) => request.rows);
    // Big runs are efficient, but one run must not do what several could do side by side.
    const share = Math.ceil(rows.reduce((sum, { ids }) => sum + ids.length, 0) / queue.lanes);
    const maxTokens = Math.min(maxBatchTokens, Math.max(LEAST_SHARE, share));
    const outputs = await runRows(queue, rows, { maxColumns, maxTokens, padId });
    let next = 0;
    return requests.map(({ rows: { length }, answer }) => {
      next += length;
      return answer(outputs.slice(next - length, next));
    });
  };
  const none = {} as Options; // every option has a default

  return {
    engine: queue.engine,
    maxTokens: longest,
    prepare: (input, options = none) => prepared(input, options),
    run,
    call: async (inputs, options = none) => {
      checkInputs(inputs);
      const each = perInput(inputs, options);
      return run(inputs.map((input, at) => prepared(input, each[at])));
    },
    tokenCount: (input) => {
      checkInput(input, takesPairs);
      const { text, pair } = textAndPair(input);
      return tokenizer.encode(text, { pair }).ids.length;
    },
    warmUp: () => {
      const shapes = usualShapes(longest, { maxColumns, maxTokens: maxBatchTokens });
      const { kind, positions } = first;
      return queue.load(
        kind,
        shapes.map((usual) => ({ ...usual, positions })),
      );
    },
    dispose: () => queue.dispose(),
  };
}

function perInput<Options>(
  inputs: readonly unknown[],
  options: Options | readonly Options[],
): readonly Options[] {
  if (!isList(options)) return inputs.map(() => options);
  if (options.length === inputs.length) return options;
  throw new RangeError(
    `pipelines: cannot match options with texts: found ${options.length}, expected ${inputs.length}.\n` +
      'Pass one record of options for all texts, or a list with one for each.',
  );
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/**
 * The encoding of a text, checked to fit.
 *
 * @param options `truncation` cuts instead of throwing
 * @throws InputError for more than `maxTokens` tokens
 */
export function encodeText(
  tokenizer: Tokenizer,
  text: string,
  maxTokens: number,
  { truncation = false, ...options }: EncodeOptions,
): Encoding {
  const cut = truncation && { truncation, maxLength: maxTokens };
  const encoding = tokenizer.encode(text, { ...options, ...cut });
  const { length } = encoding.ids;
  if (length <= maxTokens) return encoding;
  throw new InputError(
    'too-long',
    `the text is too long: found ${length} tokens, expected at most ${maxTokens}.\n` +
      'Shorten it, or pass truncation: true.',
  );
}

/** @throws RangeError when `maxTokens` is more than model or tokenizer can take */
export function longestText({
  model,
  tokenizer,
  maxTokens,
}: Pick<PipelineOptions<Weighted>, 'model' | 'tokenizer' | 'maxTokens'>): number {
  const most = Math.min(model.config.maxPositionEmbeddings, tokenizer.config.modelMaxLength);
  if (maxTokens === undefined) return most;
  if (Number.isSafeInteger(maxTokens) && maxTokens >= 3 && maxTokens <= most) return maxTokens;
  throw new RangeError(
    `pipelines: cannot use \`maxTokens\`: found ${maxTokens}, expected a whole number from 3 to ${most}.\n` +
      'Leave it out to take what model and tokenizer allow.',
  );
}

/** A graph gathers rows by id unchecked, so ids must fit before. */
function checkVocabulary({ config }: Weighted, tokenizer: Tokenizer): void {
  if (tokenizer.vocabSize <= config.vocabSize) return;
  throw new RangeError(
    `pipelines: the tokenizer does not belong to the model: found ${tokenizer.vocabSize} tokens, ` +
      `expected at most ${config.vocabSize}.\nLoad both from the same folder.`,
  );
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(
    `pipelines: cannot use \`${name}\`: found ${value}, expected a whole number from 1.\nLeave it out to take the default.`,
  );
}
