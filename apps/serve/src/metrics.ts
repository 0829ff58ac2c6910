// What Prometheus reads: requests, times, batches, queue, and Node's own figures.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  requested(route: string, status: number, seconds: number): void;
  answered(
    model: string,
    task: string,
    answer: { readonly computeType: string; readonly queueMs: number; readonly computeMs: number },
  ): void;
  computed(
    model: string,
    batch: { readonly inputs: number; readonly tokens: number; readonly computeMs: number },
  ): void;
  crashed(model: string): void;
}

/** From 0.25 ms to 32 s, each twice the one before. */
const SECONDS = Array.from({ length: 18 }, (_, i) => 0.00025 * 2 ** i);
const POWERS = Array.from({ length: 14 }, (_, i) => 2 ** i);

/** @param underWay how many inputs wait or are computed, asked when the figures are read */
export function createMetrics(underWay: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'alectra_requests_total',
    help: 'HTTP requests answered',
    labelNames: ['route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'alectra_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const answers = new Counter({
    name: 'alectra_answers_total',
    help: 'Answers of models, computed or from the cache',
    labelNames: ['model', 'task', 'compute_type'],
    registers,
  });
  const queue = new Histogram({
    name: 'alectra_queue_duration_seconds',
    help: 'From the arrival of a request to its first batch',
    labelNames: ['model'],
    buckets: SECONDS,
    registers,
  });
  const batchSeconds = new Histogram({
    name: 'alectra_batch_duration_seconds',
    help: 'Computing one batch',
    labelNames: ['model'],
    buckets: SECONDS,
    registers,
  });
  const batchInputs = new Histogram({
    name: 'alectra_batch_inputs',
    help: 'Inputs of a batch',
    labelNames: ['model'],
    buckets: POWERS.slice(0, 8),
    registers,
  });
  const batchTokens = new Histogram({
    name: 'alectra_batch_tokens',
    help: 'Tokens of a batch without padding',
    labelNames: ['model'],
    buckets: POWERS,
    registers,
  });
  const crashes = new Counter({
    name: 'alectra_worker_crashes_total',
    help: 'Workers that ended without having been asked to',
    labelNames: ['model'],
    registers,
  });
  new Gauge({
    name: 'alectra_queue_inputs',
    help: 'Inputs that wait or are computed',
    registers,
    collect() {
      this.set(underWay());
    },
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    requested(route, status, seconds) {
      requests.inc({ route, status });
      duration.observe({ route }, seconds);
    },
    answered(model, task, { computeType, queueMs }) {
      answers.inc({ model, task, compute_type: computeType });
      if (computeType !== 'cache') queue.observe({ model }, queueMs / 1000);
    },
    computed(model, { inputs, tokens, computeMs }) {
      batchSeconds.observe({ model }, computeMs / 1000);
      batchInputs.observe({ model }, inputs);
      batchTokens.observe({ model }, tokens);
    },
    crashed: (model) => crashes.inc({ model }),
  };
}
