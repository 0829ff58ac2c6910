// What monitors ask: is it alive, are requests welcome, how is it doing. The same at every port, and while the server closes.

import type { Catalogue } from './catalogue.js';
import type { Metrics } from './metrics.js';
import type { ModelPool } from './model-pool.js';

export interface ProbeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** By path. */
export type ProbeAnswers = ReadonlyMap<string, () => Promise<ProbeAnswer>>;

export interface ProbeAnswerOptions {
  readonly catalogue: Catalogue;
  readonly pool: ModelPool;
  readonly metrics: Metrics;
  isClosing(): boolean;
}

export function probeAnswers(options: ProbeAnswerOptions): ProbeAnswers {
  const { catalogue, pool, metrics, isClosing } = options;
  return new Map([
    [
      '/health',
      async () => {
        const touched = catalogue.models
          .map((model) => [model.id, pool.status(model)] as const)
          .filter(([, { state, crashes }]) => state !== 'loadable' || crashes > 0);
        const isWell = touched.every(([, { state }]) => state !== 'failed');
        const status = isWell ? 'ok' : 'degraded';
        return jsonAnswer(200, { status, models: Object.fromEntries(touched) });
      },
    ],
    [
      '/ready',
      async () => {
        const isReady = !isClosing();
        return jsonAnswer(isReady ? 200 : 503, { ready: isReady });
      },
    ],
    [
      '/metrics',
      async () => ({
        status: 200,
        contentType: metrics.contentType,
        body: await metrics.render(),
      }),
    ],
  ]);
}

export const jsonAnswer = (status: number, body: object): ProbeAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
