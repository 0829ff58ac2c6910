// The other side of parquet-process: footers in, what they say out; row groups in, their texts out as one array.

import { parquetMetadata } from 'hyparquet';
import type { ParquetRequest, ParquetResponse } from './parquet-process.js';
import { failureOf } from './shard-error.js';

process.on('message', async (request: ParquetRequest) => {
  process.send?.(await answer(request));
});
process.send?.('ready');

/** Of each group the smallest and the largest text, which may be long, are not decoded and sent. */
const parsers = { stringFromBytes: () => undefined };

async function answer(request: ParquetRequest): Promise<ParquetResponse> {
  try {
    if ('footer' in request) return { metadata: parquetMetadata(request.footer, { parsers }) };
    const { rowGroupTexts } = await import('./parquet-text.js'); // seldom needed, as pages are read elsewhere
    return joined(await rowGroupTexts(request.chunk, request.textKey));
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function joined(texts: readonly Uint8Array[]): ParquetResponse {
  const ends = new Float64Array(texts.length);
  let size = 0;
  texts.forEach((text, i) => {
    ends[i] = size += text.length;
  });
  const utf8 = new Uint8Array(size);
  texts.forEach((text, i) => {
    utf8.set(text, (ends[i] ?? 0) - text.length);
  });
  return { utf8, ends };
}
