// Builds shards in a process of its own and prints its peak memory, worker threads included.
//
// node owt-loader-memory.js <vocab.txt> <corpus> <output> <workers>

import { buildShards, openSource, wordPiece } from '@alectra/owt-loader';

const [path = '', corpus = '', output = '', workers = '0'] = process.argv.slice(2);
const vocabulary = await wordPiece({ path });
const source = await openSource(corpus);
const { statistics } = await buildShards({
  ...vocabulary,
  output,
  source,
  workers: Number(workers),
});
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ peak, documents: statistics.documents }));
