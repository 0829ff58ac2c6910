// What watches a bounded process from inside it: a thread, since the process itself may be busy for ever.

/** Of the process beyond its heap: Node itself, loaded modules, threads. */
const NODE_MIB = 256;

/**
 * A module to import first: it ends the process as soon as whoever started it is gone, or its memory is too much.
 *
 * Standard input is a pipe that the other side never writes to: its end is that side's, process or thread.
 *
 * @param heapMiB as much again is left to buffers, which lie outside the heap
 */
export function watchingModule(heapMiB: number): string {
  const limit = (2 * heapMiB + NODE_MIB) * 2 ** 20;
  const thread = `
    const { read } = require('node:fs');
    const end = () => process.kill(process.pid, 'SIGKILL');
    read(0, Buffer.alloc(1), 0, 1, null, end);
    setInterval(() => { if (process.memoryUsage.rss() > ${limit}) end(); }, 50);
  `;
  const script = `
    import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(thread)}, { eval: true, execArgv: [] }).unref();
  `;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}
