// npm tokenizers as contestants of `npm run bench -- wordpiece`:
//     node peer.mjs <library> <task> <text file> <tokenizer.json> <bytes to use>
// Answers {"steps": n} with the seconds of processor time per megabyte of n passes; every task is one call a row.
import { openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const [library, , path, jsonPath, size] = process.argv.slice(2);
const bytes = Buffer.alloc(Number(size));
const text = bytes.toString('utf8', 0, readSync(openSync(path, 'r'), bytes, 0, bytes.length, 0));
const rows = text.split('\n');
const megabytes = Buffer.byteLength(text) / 1e6;
const json = JSON.parse(readFileSync(jsonPath, 'utf8'));

const makers = {
  tokenizers: async () => {
    const { Tokenizer } = await import('tokenizers');
    const tokenizer = Tokenizer.fromString(JSON.stringify(json));
    return async (row) => (await tokenizer.encode(row)).getIds();
  },
  '@huggingface/tokenizers': async () => {
    const { Tokenizer } = await import('@huggingface/tokenizers');
    const tokenizer = new Tokenizer(json, {});
    return (row) => tokenizer.encode(row).ids;
  },
  '@huggingface/transformers': async () => {
    const { BertTokenizer } = await import('@huggingface/transformers');
    const tokenizer = new BertTokenizer(json, { tokenizer_class: 'BertTokenizer' });
    return (row) => tokenizer.encode(row);
  },
};
const encode = await makers[library]();
const require = createRequire(import.meta.url);
const folder = require.resolve.paths(library).map((base) => join(base, library, 'package.json'));
const { version } = JSON.parse(
  readFileSync(folder.find((file) => file.startsWith(dirname(process.argv[1])))),
);
console.log(JSON.stringify({ version: `${library} ${version} (npm)` }));
for await (const line of createInterface({ input: process.stdin })) {
  const seconds = [];
  for (let n = JSON.parse(line).steps; n > 0; n--) {
    const start = process.cpuUsage();
    for (const row of rows) await encode(row);
    const { user, system } = process.cpuUsage(start);
    seconds.push((user + system) / 1e6 / megabytes);
  }
  console.log(JSON.stringify({ seconds }));
}
