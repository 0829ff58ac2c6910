// The worker threads that read chunks, from the package's build or from its sources.

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** From source the thread has to load TypeScript, which Node's own --import does not reach in a worker. */
export function startChunkThread(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./chunk-worker.js', import.meta.url), options);
  const loader = import.meta.resolve('tsx/esm/api');
  const file = new URL('./chunk-worker.ts', import.meta.url).href;
  const script = `import('${loader}').then(({ register }) => { register(); return import('${file}'); });`;
  const execArgv = ['--conditions=@alectra/source'];
  return new Worker(script, { ...options, eval: true, execArgv });
}
