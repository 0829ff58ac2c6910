// What operators and pages ask: is it alive, is it ready, what is served, how is each model.

import { basename } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Catalogue } from './catalogue.js';
import { findModel } from './inference-routes.js';
import type { ModelPool, ModelState } from './model-pool.js';
import type { ServedModel } from './served-model.js';
import type { Settings } from './settings.js';

export interface ProbeRouteOptions {
  readonly catalogue: Catalogue;
  readonly pool: ModelPool;
  readonly settings: Settings;
  readonly version: string;
}

interface NameParams {
  readonly org: string;
  readonly name: string;
}

export function probeRoutes(app: FastifyInstance, options: ProbeRouteOptions): void {
  const { catalogue, pool, settings, version } = options;

  for (const [path, answer] of app.probeAnswers)
    app.get(path, async (_request, reply) => {
      const { status, contentType, body } = await answer();
      return reply.code(status).type(contentType).send(body);
    });

  app.get('/info', async () => {
    await catalogue.refresh();
    return {
      version,
      max_batch_tokens: settings.maxBatchTokens,
      max_batch_inputs: settings.maxBatchInputs,
      max_queue: settings.maxQueue,
      max_request_inputs: settings.maxRequestInputs,
      max_body_bytes: settings.bodyBytes,
      memory_megabytes: settings.memoryMegabytes,
      hold_seconds: settings.holdSeconds,
      engine: settings.engine,
      needs_token: settings.token !== undefined,
      models: catalogue.models.map((model) => describe(model, pool)),
      faults: catalogue.faults.map(({ message }) =>
        withoutPaths(message.split('\n', 1)[0] ?? '', catalogue),
      ),
    };
  });

  app.get('/status/:org/:name', async (request: FastifyRequest<{ Params: NameParams }>) => {
    const model = await findModel(catalogue, request.params);
    const { state, error, crashes } = pool.status(model);
    return {
      state: CLASSIC[state],
      compute_type: 'cpu',
      loaded: state === 'loaded',
      ...(error !== undefined && { error }),
      ...(crashes > 0 && { crashes }),
    };
  });

  /** What the JavaScript client asks of the hub before it asks the router. */
  app.get('/api/models/:org/:name', async (request: FastifyRequest<{ Params: NameParams }>) => {
    const model = await findModel(catalogue, request.params);
    const [task] = model.tasks;
    return {
      _id: model.revision,
      id: model.id,
      modelId: model.id,
      sha: model.revision,
      library_name: 'transformers',
      pipeline_tag: task,
      inference: 'warm',
      inferenceProviderMapping: [
        { provider: 'hf-inference', providerId: model.id, status: 'live', task },
      ],
    };
  });
}

/** Strangers are not told where folders lie. */
const withoutPaths = (text: string, { models, faults }: Catalogue): string =>
  [...models, ...faults].reduce(
    (told, { folder }) => told.replaceAll(folder, basename(folder)),
    text,
  );

/** As the Inference API spells them; a model that is on its way in is loadable. */
const CLASSIC: Readonly<Record<ModelState, string>> = {
  loadable: 'Loadable',
  loading: 'Loadable',
  loaded: 'Loaded',
  failed: 'error',
  'too-big': 'TooBig',
};

/** What the page and clients may know of a model. */
function describe(model: ServedModel, pool: ModelPool): object {
  const { state, engine, error } = pool.status(model);
  return {
    model_id: model.id,
    model_sha: model.revision,
    model_type: model.modelType,
    architecture: model.architecture,
    tasks: model.tasks,
    labels: model.labels,
    max_input_length: model.maxTokens,
    mask_token: model.maskToken,
    ...(model.partner !== undefined && { partner: model.partner }),
    ...(model.run && { run: model.run.name }),
    state,
    ...(engine !== undefined && { engine }),
    ...(error !== undefined && { error }),
  };
}
