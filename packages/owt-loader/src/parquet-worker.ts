// The other side of parquet-thread: row groups in, their texts out as one array.

import { parentPort } from 'node:worker_threads';
import { rowGroupTexts } from './parquet-text.js';
import type { RowGroupRequest, RowGroupResponse } from './parquet-thread.js';
import { failureOf } from './shard-error.js';

parentPort?.on('message', async ({ chunk, textKey }: RowGroupRequest) => {
  try {
    const texts = await rowGroupTexts(chunk, textKey);
    const ends = new Float64Array(texts.length);
    let size = 0;
    texts.forEach((text, i) => {
      ends[i] = size += text.length;
    });
    const utf8 = new Uint8Array(size);
    texts.forEach((text, i) => {
      utf8.set(text, (ends[i] ?? 0) - text.length);
    });
    const response: RowGroupResponse = { utf8, ends };
    parentPort?.postMessage(response, [utf8.buffer, ends.buffer]);
  } catch (error) {
    const response: RowGroupResponse = { failure: failureOf(error) };
    parentPort?.postMessage(response);
  }
});
parentPort?.postMessage('ready');
