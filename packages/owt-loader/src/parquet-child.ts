// The other side of parquet-process: row groups in, their texts out as one array.

import type { RowGroupRequest, RowGroupResponse } from './parquet-process.js';
import { rowGroupTexts } from './parquet-text.js';
import { failureOf } from './shard-error.js';

process.on('message', async ({ chunk, textKey }: RowGroupRequest) => {
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
    process.send?.(response);
  } catch (error) {
    const response: RowGroupResponse = { failure: failureOf(error) };
    process.send?.(response);
  }
});
process.send?.('ready');
