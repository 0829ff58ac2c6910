// The classic Inference API: a model's URL answers its main task, `/pipeline/<task>` the others.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Catalogue } from './catalogue.js';
import { HttpFault } from './http-fault.js';
import type { Inference } from './inference.js';
import type { Metrics } from './metrics.js';
import { isModelId } from './model-id.js';
import { mainTaskOf, type ServedModel } from './served-model.js';
import { isTaskName, TASKS, type TaskName } from './task-name.js';
import { checkTaskRequest, type TaskRequest } from './task-requests.js';

export interface InferenceRouteOptions {
  readonly catalogue: Catalogue;
  readonly inference: Inference;
  readonly metrics: Metrics;
  readonly maxRequestInputs: number;
  readonly maxBatchTokens: number;
}

interface TaskParams {
  readonly org: string;
  readonly name: string;
  readonly task?: string;
}

/** Characters that a token may have on average before an input is refused unread. */
const CHARACTERS_A_TOKEN = 250;

export function inferenceRoutes(app: FastifyInstance, options: InferenceRouteOptions): void {
  const handle = async (
    request: FastifyRequest<{ Params: TaskParams }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const began = performance.now();
    const model = await findModel(options.catalogue, request.params);
    const task = taskOf(model, request.params.task);
    request.served = { model: model.id, task };
    const asked = withHeaders(
      checkTaskRequest(task, request.body, {
        maxRequestInputs: options.maxRequestInputs,
        maxCharacters: CHARACTERS_A_TOKEN * Math.min(model.maxTokens, options.maxBatchTokens),
      }),
      request.headers,
    );
    const signal = abandonedSignal(request, reply);
    const answer = await options.inference.answer(model, task, asked, signal);
    options.metrics.answered(model.id, task, answer);
    return reply
      .headers({
        'x-compute-type': answer.computeType,
        'x-compute-time': (answer.computeMs / 1000).toFixed(3),
        'x-compute-characters': String(charactersOf(asked)),
        'x-compute-tokens': String(answer.tokens),
        'x-queue-time': (answer.queueMs / 1000).toFixed(3),
        'x-total-time': ((performance.now() - began) / 1000).toFixed(3),
      })
      .type('application/json; charset=utf-8')
      .send(answer.body);
  };
  for (const prefix of ['/models', '/hf-inference/models']) {
    const route = { config: { needsToken: true } };
    app.post(`${prefix}/:org/:name`, route, handle);
    app.post(`${prefix}/:org/:name/pipeline/:task`, route, handle);
  }
}

/** @throws HttpFault 400 for a name that is none, 404 for one that is not served */
export async function findModel(
  catalogue: Catalogue,
  { org, name }: { readonly org: string; readonly name: string },
): Promise<ServedModel> {
  const id = `${org}/${name}`;
  if (!isModelId(id))
    throw new HttpFault(400, 'Validation', 'The name of the model is not of the form org/name');
  await catalogue.refresh();
  const model = catalogue.find(id);
  if (!model) throw new HttpFault(404, 'NotFound', `Model ${id} does not exist`);
  return model;
}

function taskOf(model: ServedModel, task: string | undefined): TaskName {
  if (task === undefined) return mainTaskOf(model);
  if (!isTaskName(task))
    throw new HttpFault(
      404,
      'NotFound',
      `There is no task of this name: expected one of ${TASKS.join(', ')}`,
    );
  if (model.tasks.includes(task)) return task;
  throw new HttpFault(
    400,
    'Validation',
    `Model ${model.id} (${model.architecture}) cannot do ${task}: it does ${model.tasks.join(', ')}`,
  );
}

/** Headers win over `options`. */
function withHeaders(asked: TaskRequest, headers: FastifyRequest['headers']): TaskRequest {
  const flag = (name: string): boolean | undefined => {
    const value = String(headers[name] ?? '').toLowerCase();
    if (value === 'true' || value === '1') return true;
    return value === 'false' || value === '0' ? false : undefined;
  };
  const { use_cache: usesCache, wait_for_model: waits, dont_load_model: keepsOut } = asked.options;
  const loads = flag('x-load-model');
  return {
    ...asked,
    options: {
      use_cache: flag('x-use-cache') ?? usesCache,
      wait_for_model: flag('x-wait-for-model') ?? waits,
      dont_load_model: loads === undefined ? keepsOut : !loads,
    },
  };
}

/** Aborts when the connection closes before the answer is written, also if the answer waits for another before it. */
function abandonedSignal({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const leave = (): void => controller.abort();
  if (socket.destroyed) leave();
  socket.once('close', leave);
  raw.once('close', () => socket.off('close', leave));
  return controller.signal;
}

function charactersOf({ inputs }: TaskRequest): number {
  return inputs.reduce(
    (sum, input) =>
      sum + (typeof input === 'string' ? input.length : input.text.length + input.text_pair.length),
    0,
  );
}
