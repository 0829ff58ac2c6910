// The API as an OpenAPI 3.1 document, made of the very schemas that requests are checked with.

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { TASKS, type TaskName } from './task-name.js';
import { INPUT, OPTIONS, PARAMETERS } from './task-requests.js';

export function openApiRoutes(app: FastifyInstance, version: string): void {
  const document = openApiDocument(version);
  app.get('/openapi.json', async () => document);
}

/** Examples are requests that a model of that task answers; tests send them. */
const EXAMPLES: Readonly<Record<TaskName, object>> = {
  'fill-mask': { inputs: 'The capital of [MASK] is Paris.', parameters: { top_k: 3 } },
  'text-classification': { inputs: 'A film that nobody should miss.' },
  'token-classification': {
    inputs: 'The chef ate the meal.',
    parameters: { aggregation_strategy: 'none' },
  },
  'replaced-token-detection': { inputs: 'The chef ate the kitchen sink.' },
  'feature-extraction': { inputs: 'A sentence.', parameters: { pooling: 'mean', normalize: true } },
};

const score = { type: 'number', description: 'From 0 to 1.' };
const offset = { type: 'integer', description: 'In UTF-16 units of the input.' };
const list = (items: object): object => ({ type: 'array', items });
const record = (properties: Readonly<Record<string, object>>, optional: string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

/** The answer to one text. */
const ANSWERS: Readonly<Record<TaskName, object>> = {
  'fill-mask': list(
    record(
      {
        score,
        token: { type: 'integer' },
        token_str: { type: 'string' },
        sequence: { type: 'string' },
        mask_index: { type: 'integer', description: 'With `flatten`: which mask.' },
      },
      ['mask_index'],
    ),
  ),
  'text-classification': list(list(record({ label: { type: 'string' }, score }))),
  'token-classification': list(
    record(
      {
        entity: { type: 'string' },
        entity_group: { type: 'string' },
        index: { type: 'integer' },
        score,
        word: { type: 'string' },
        start: offset,
        end: offset,
      },
      ['entity', 'entity_group', 'index'],
    ),
  ),
  'replaced-token-detection': list(
    record({
      word: { type: 'string' },
      score,
      index: { type: 'integer' },
      start: offset,
      end: offset,
    }),
  ),
  'feature-extraction': {
    type: 'array',
    description: 'A vector for each text, or a list of vectors, one for each token.',
    items: {},
  },
};

export function openApiDocument(version: string): object {
  const name = (task: TaskName): string =>
    task.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const reference = (schema: string): object => ({ $ref: `#/components/schemas/${schema}` });
  const json = (schema: object, example?: object): object => ({
    'application/json': { schema, ...(example && { example }) },
  });
  const schemas: Record<string, object> = {
    Error: record({ error: { type: 'string' }, error_type: { type: 'string' } }),
    Options: jsonSchema(OPTIONS),
  };
  for (const task of TASKS) {
    const input = jsonSchema(INPUT[task]);
    schemas[`${name(task)}Request`] = {
      ...record(
        {
          inputs: { anyOf: [input, { ...list(input), minItems: 1 }] },
          parameters: jsonSchema(PARAMETERS[task]),
          options: reference('Options'),
        },
        ['parameters', 'options'],
      ),
    };
    schemas[`${name(task)}Answer`] = ANSWERS[task];
  }
  const refusal = (status: string): [string, object] => [
    status,
    { description: REFUSALS[status], content: json(reference('Error')) },
  ];
  const post = (operationId: string, tasks: readonly TaskName[]): object => ({
    post: {
      operationId,
      summary: tasks.length === 1 ? `Runs ${tasks[0]}` : "Runs the model's main task",
      parameters: ['org', 'name'].map(pathParameter),
      security: [{}, { bearer: [] }],
      requestBody: {
        required: true,
        content: json(
          oneOf(tasks.map((task) => reference(`${name(task)}Request`))),
          EXAMPLES[tasks[0] ?? 'fill-mask'],
        ),
      },
      responses: {
        200: {
          description: 'The answer; a list of answers if several inputs were given.',
          content: json(oneOf(tasks.map((task) => reference(`${name(task)}Answer`)))),
        },
        ...Object.fromEntries(Object.keys(REFUSALS).map(refusal)),
      },
    },
  });
  const get = (operationId: string, summary: string, content: object, names: string[] = []) => ({
    get: {
      operationId,
      summary,
      parameters: names.map(pathParameter),
      responses: { 200: { description: summary, content } },
    },
  });
  const anything = json({ type: 'object' });
  return {
    openapi: '3.1.0',
    info: {
      title: 'ALECTRA inference server',
      version,
      description: 'The classic Inference API for exported models.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: {
      '/models/{org}/{name}': post('model', TASKS),
      ...Object.fromEntries(
        TASKS.map((task) => [`/models/{org}/{name}/pipeline/${task}`, post(task, [task])]),
      ),
      '/status/{org}/{name}': get('status', 'Whether the model is loaded', anything, [
        'org',
        'name',
      ]),
      '/api/models/{org}/{name}': get(
        'modelInfo',
        'What the hub would say of the model',
        anything,
        ['org', 'name'],
      ),
      '/info': get('info', 'Limits and models of this server', anything),
      '/health': get(
        'health',
        'Whether the process answers, and which models are in trouble',
        anything,
      ),
      '/ready': get('ready', 'Whether requests are welcome; 503 in a shutdown', anything),
      '/metrics': get('metrics', 'Figures for Prometheus', {
        'text/plain': { schema: { type: 'string' } },
      }),
    },
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The request is wrong',
  401: 'The token is missing or wrong',
  403: 'The model is larger than the memory set aside',
  404: 'There is no such model or task, or it is not loaded and must not be',
  413: 'The body is too large',
  415: 'The body is encoded',
  422: 'The request is beyond a limit',
  424: 'The model failed',
  429: 'Too much to do: come again after `retry-after`',
  503: 'The model is loading: come again after `retry-after`',
};

const pathParameter = (name: string): object => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string' },
});

const oneOf = (schemas: readonly object[]): object =>
  schemas.length === 1 ? (schemas[0] as object) : { anyOf: schemas };

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
