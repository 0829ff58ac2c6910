// Our side of the wordpiece bench: one task, measured on demand, in seconds per megabyte: of processor time, garbage
// collection included, but for the workers, whose gain is in wall time.
//     wordpiece-worker.ts <task> <text file> <vocab.txt> <bytes to use>

import { openSync, readFileSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { trainWordPiece, WordPieceTokenizer } from '@alectra/wordpiece';

const [task, path, vocab, size] = process.argv.slice(2);
const readsItself = task.endsWith(' worker') || task.endsWith(' workers');
const buffer = Buffer.alloc(readsItself ? 0 : Number(size)); // what lies about is looked at by every garbage collection
const bytes = buffer.subarray(0, readSync(openSync(path, 'r'), buffer, 0, buffer.length, 0));
const rows = bytes.toString('utf8').split('\n');
const megabytes = (readsItself ? Number(size) : bytes.length) / 1e6;
const started = performance.now();
const tokenizer = WordPieceTokenizer.fromVocab(readFileSync(vocab));
const loadSeconds = (performance.now() - started) / 1e3;

const tasks: Record<string, () => unknown> = {
  lines: () => tokenizer.encodeBytes(bytes, { width: 'uint16' }),
  reused: () => tokenizer.encodeBytes(bytes, { width: 'uint16', reuse: true }),
  docs: () => tokenizer.encodeBytes(bytes, { width: 'uint16' }),
  strings: () => {
    for (const row of rows) void tokenizer.encode(row, { addSpecialTokens: false }).ids;
  },
  full: () => {
    for (const row of rows) {
      const encoding = tokenizer.encode(row, { offsets: true });
      void [encoding.offsets, encoding.attentionMask, encoding.typeIds];
      void [encoding.specialTokensMask, encoding.wordIds];
    }
  },
  train: () => trainWordPiece(rows),
  'one worker': () => throughWorkers(1),
  'two workers': () => throughWorkers(2),
};

/** Results after which all threads are at work: starting them is not what is measured. */
const STARTED = 8;

/** Seconds that the file takes at the speed from then on. */
async function throughWorkers(workers: number): Promise<number> {
  const options = { workers, width: 'uint16', reuse: true } as const;
  let results = 0;
  let before = 0;
  let tokens = 0;
  let start = 0;
  for await (const { ids } of tokenizer.encodeFile(path, options)) {
    tokens += ids.length;
    if (++results > STARTED) continue;
    before = tokens;
    start = performance.now();
  }
  if (results <= STARTED)
    throw new Error(
      `bench: ${path} gave ${results} results, expected more than ${STARTED}.\nSet ALECTRA_TEST_DATA to a longer text.`,
    );
  return ((performance.now() - start) / 1e3) * (tokens / (tokens - before));
}

console.log(JSON.stringify({ version: '@alectra/wordpiece', loadSeconds }));
for await (const line of createInterface({ input: process.stdin })) {
  const seconds: number[] = [];
  for (let n = (JSON.parse(line) as { steps: number }).steps; n > 0; n--) {
    const start = process.cpuUsage();
    const own = await tasks[task]();
    const { user, system } = process.cpuUsage(start);
    const taken = typeof own === 'number' ? own : (user + system) / 1e6;
    seconds.push(taken / megabytes);
  }
  console.log(JSON.stringify({ seconds }));
}
