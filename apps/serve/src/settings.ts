// Everything that can be set, with limits that hold together. Checked once, before anything is opened.

import { z } from 'zod';

const whole = (from: number, to: number) => z.int().min(from).max(to);

export const settingsSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: whole(0, 65_535).default(3000),
  /** Where `/health`, `/ready` and `/metrics` are answered too, whatever crowd is at the other port. */
  probePort: whole(0, 65_535).optional(),
  /** Asked of everyone who runs a model, as `Authorization: Bearer`. */
  token: z.string().min(1).optional(),
  /** Value of access-control-allow-origin; without it browsers keep other sites' pages out. */
  cors: z.string().min(1).optional(),

  engine: z.enum(['auto', 'onnxruntime', 'tensorflow', 'eager']).default('auto'),
  /** Inputs computed side by side, and threads of one that is alone; 0: as many as there are cores. */
  threads: whole(0, 1024).default(0),
  /** Threads of an input that is alone wait for one another without sleeping; for cores that nothing else wants. */
  spinning: z.boolean().default(true),
  /** Compile usual shapes while nothing is asked of a loaded model, so that no request waits for it. */
  warmUp: z.boolean().default(true),
  /** For loaded models together; the least recently used one makes room. */
  memoryMegabytes: whole(1, 1 << 20).default(2048),

  /** Tokens of one batch, padding included; no input may be longer. */
  maxBatchTokens: whole(8, 1 << 20).default(2048),
  /** Inputs of one batch. */
  maxBatchInputs: whole(1, 4096).default(32),
  /** Inputs that wait or are computed, over all models; beyond it the answer is 429. */
  maxQueue: whole(1, 1 << 16).default(512),
  /** Inputs of one request. */
  maxRequestInputs: whole(1, 4096).default(32),
  bodyBytes: whole(64, 1 << 28).default(2_000_000),
  cacheMegabytes: whole(0, 1 << 16).default(16),

  /** How long a request waits for its model to load before it is told to come again. */
  holdSeconds: z.number().min(0).max(600).default(30),
  /** How long a worker may say nothing while it has work, before it is started anew. */
  stallSeconds: z.number().min(0.1).max(3600).default(60),
  /** Connections at once; more are closed as they come. */
  maxConnections: whole(1, 1 << 16).default(4096),
  /** How long a kept connection may be idle between two requests. */
  idleSeconds: z.number().min(0.1).max(3600).default(72),
  /** How long a client may take to send a request, and may pause while it reads the answer. */
  requestSeconds: z.number().min(0.1).max(3600).default(30),
  /** How long a shutdown waits for what is under way. */
  graceSeconds: z.number().min(0).max(3600).default(20),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

export type Settings = z.output<typeof settingsSchema>;

/** @throws RangeError naming each setting that is wrong */
export function resolveSettings(given: z.input<typeof settingsSchema>): Settings {
  const result = settingsSchema.safeParse(given);
  if (!result.success)
    throw new RangeError(
      `serve: the settings are wrong: ${z.prettifyError(result.error).replaceAll('\n', ' ')}\n` +
        'npm run serve -- --help lists them with their limits.',
    );
  const settings = result.data;
  if (settings.maxRequestInputs > settings.maxQueue)
    throw new RangeError(
      `serve: the settings disagree: a request may bring ${settings.maxRequestInputs} inputs, the queue holds ${settings.maxQueue}.\n` +
        'Raise --max-queue, or lower --max-request-inputs.',
    );
  return settings;
}
