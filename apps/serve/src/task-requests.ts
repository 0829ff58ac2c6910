// What may be asked for each task: one schema a task, from which requests are checked and the OpenAPI document made.
//
// As in the Inference API unknown keys of `parameters` are mistakes and unknown keys beside `inputs` are not.

import { z } from 'zod';
import { HttpFault } from './http-fault.js';
import type { TaskInput, TaskParameters } from './protocol.js';
import type { TaskName } from './task-name.js';

/** More than any page shows; answers are kept in memory. */
export const MAX_TOP_K = 1000;
export const MAX_TARGETS = 1000;

const text = z.string();
const pair = z.strictObject({ text: z.string(), text_pair: z.string() });
const truncate = z.boolean().optional().meta({
  description:
    'Cut inputs that are too long instead of refusing them; never so that a mask would be lost. Default false.',
});

/** Parameters by task. */
export const PARAMETERS = {
  'fill-mask': z.strictObject({
    top_k: z.int().min(1).optional().meta({ description: 'Answers for each mask. Default 5.' }),
    targets: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .meta({
        description: 'Only these tokens are scored, by their share of the whole vocabulary.',
      }),
    flatten: z.boolean().optional().meta({
      description:
        'One flat list also for several masks, with `mask_index` in each answer: what the JavaScript client accepts.',
    }),
    truncate,
  }),
  'text-classification': z.strictObject({
    top_k: z.int().min(1).nullable().optional().meta({ description: 'Labels shown. Default all.' }),
    function_to_apply: z.enum(['sigmoid', 'softmax', 'none']).optional(),
    truncate,
  }),
  'token-classification': z.strictObject({
    aggregation_strategy: z
      .enum(['none', 'simple', 'first', 'average', 'max'])
      .optional()
      .meta({ description: 'Default simple.' }),
    ignore_labels: z.array(z.string()).max(1000).optional().meta({ description: 'Default ["O"].' }),
    truncate,
  }),
  'replaced-token-detection': z.strictObject({ truncate }),
  'feature-extraction': z.strictObject({
    pooling: z.enum(['none', 'mean', 'cls']).optional().meta({
      description: 'none (default): a vector for each token; else one for each text.',
    }),
    normalize: z.boolean().optional().meta({ description: 'Vectors of length 1. Default false.' }),
    truncate,
  }),
} as const satisfies Record<TaskName, z.ZodType>;

/** The input of one element by task. */
export const INPUT = {
  'fill-mask': text,
  'text-classification': z.union([text, pair]),
  'token-classification': text,
  'replaced-token-detection': text,
  'feature-extraction': text,
} as const satisfies Record<TaskName, z.ZodType<TaskInput>>;

export const OPTIONS = z.object({
  use_cache: z.boolean().optional().meta({ description: 'Default true. Header: x-use-cache.' }),
  wait_for_model: z.boolean().optional().meta({
    description:
      'Wait as long as the model needs to load. Default false. Header: x-wait-for-model.',
  }),
  dont_load_model: z.boolean().optional().meta({
    description: 'Answer from a loaded model or the cache, or not at all. Header: x-load-model: 0.',
  }),
  use_gpu: z.boolean().optional().meta({ description: 'Accepted and without effect.' }),
});

export interface TaskRequest {
  readonly inputs: readonly TaskInput[];
  readonly isList: boolean;
  readonly parameters: TaskParameters;
  readonly options: z.output<typeof OPTIONS>;
}

export interface RequestLimits {
  readonly maxRequestInputs: number;
  /** Characters of one input, checked before anything looks at them. */
  readonly maxCharacters: number;
}

/**
 * Checks a body: `{inputs, parameters?, options?}`, or the bare inputs.
 *
 * @throws HttpFault 400 for what is wrong, 422 for what is beyond a limit
 */
export function checkTaskRequest(
  task: TaskName,
  body: unknown,
  { maxRequestInputs, maxCharacters }: RequestLimits,
): TaskRequest {
  const envelope = envelopeOf(body);
  const isList = Array.isArray(envelope.inputs);
  const list: readonly unknown[] = Array.isArray(envelope.inputs)
    ? envelope.inputs
    : [envelope.inputs];
  if (list.length === 0) throw invalid('`inputs` is an empty list: expected at least one text');
  if (list.length > maxRequestInputs)
    throw tooMuch(`\`inputs\` has ${list.length} elements: at most ${maxRequestInputs} are taken`);
  const inputs = list.map((value, index) =>
    checkInput(task, value, isList ? `inputs[${index}]` : 'inputs', maxCharacters),
  );
  const parameters = check(PARAMETERS[task], envelope.parameters ?? {}, 'parameters');
  checkLimits(parameters);
  return {
    inputs,
    isList,
    parameters,
    options: check(OPTIONS, envelope.options ?? {}, 'options'),
  };
}

function envelopeOf(body: unknown): {
  readonly inputs?: unknown;
  readonly parameters?: unknown;
  readonly options?: unknown;
} {
  if (typeof body === 'string' || Array.isArray(body)) return { inputs: body };
  if (typeof body === 'object' && body !== null && 'inputs' in body) return body;
  const found =
    body === undefined
      ? 'no body'
      : typeof body === 'object' && body !== null
        ? 'no `inputs` in it'
        : JSON.stringify(body);
  throw invalid(`The body is wrong: found ${found}, expected {"inputs": "..."} or a text`);
}

function checkInput(
  task: TaskName,
  value: unknown,
  path: string,
  maxCharacters: number,
): TaskInput {
  const input: TaskInput = check(INPUT[task], value, path);
  const parts = typeof input === 'string' ? [input] : [input.text, input.text_pair];
  for (const part of parts) {
    if (part.length > maxCharacters)
      throw tooMuch(
        `\`${path}\` has ${part.length} characters: at most ${maxCharacters} are taken`,
      );
  }
  return input;
}

function checkLimits({ top_k: topK, targets }: Readonly<Record<string, unknown>>): void {
  if (typeof topK === 'number' && topK > MAX_TOP_K)
    throw tooMuch(`\`top_k\` in \`parameters\` is ${topK}: at most ${MAX_TOP_K} is taken`);
  if (Array.isArray(targets) && targets.length > MAX_TARGETS)
    throw tooMuch(
      `\`targets\` in \`parameters\` has ${targets.length} elements: at most ${MAX_TARGETS} are taken`,
    );
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue?.path.length ? ` at \`${issue.path.join('.')}\`` : '';
  throw invalid(`\`${path}\` is wrong${at}: ${issue?.message ?? 'unknown'}`);
}

const invalid = (message: string): HttpFault => new HttpFault(400, 'Validation', message);
const tooMuch = (message: string): HttpFault => new HttpFault(422, 'Validation', message);
