import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { buildShards } from './build-shards.js';
import { type Document, identify } from './document.js';
import type { EncodeBatch, EncodeLines, Encoder } from './encoder.js';
import { LineEncoder } from './line-encoder.js';
import { contents, encode, inTemporaryFolder, someDocuments, TOKENIZER } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

const encodeLines: EncodeLines = (utf8) => {
  const lines = Buffer.from(utf8).toString('utf8').split('\n').slice(0, -1);
  const ids: number[] = [];
  const rowSplits = [0];
  for (const line of lines) rowSplits.push(ids.push(...encode(line)));
  return { ids: Uint16Array.from(ids), rowSplits };
};

const encodeBatch: EncodeBatch = (texts) => {
  const ids: number[] = [];
  return { ids, rowSplits: [0, ...texts.map((text) => ids.push(...encode(text)))] };
};

/** Like most tokenizers it takes more than a text. */
function encodePart(text: string, from = 0): number[] {
  return encode(text).slice(from);
}

/** Texts that differ in length by five orders of magnitude, with characters of every width. */
function documents(): Document[] {
  const plain = [...someDocuments(40, 40)];
  const odd = [
    '',
    ' \n ',
    'é. Ö “q.” 第一句. 第二句. 😀! A',
    '\ud800. Half a pair. \udfff',
    '\ufeffOne. Two.',
  ];
  const long = Array.from(someDocuments(100, 40), ({ text }) => text).join(' ');
  const long2 = Array.from(someDocuments(300, 40), ({ text }) => `${text} ‘é’`).join('\u00a0');
  const others = [...odd, long, ...odd.map((text) => `${text} again`), long2];
  return [...plain.slice(0, 20), ...others.map((text) => ({ id: '', text })), ...plain.slice(20)];
}

describe('a tokenizer that takes several texts or lines of bytes', () => {
  test.each(['carry', 'electra'] as const)('gives the same shards, by %s', (builder) =>
    inTemporaryFolder(async (folder) => {
      const build = async (name: string, encoder: Encoder) => {
        const output = join(folder, name);
        const options = { ...TOKENIZER, encoder, output, builder, length: 32, rowsPerBatch: 64 };
        const evaluation = documents()[3]?.text ?? '';
        const source = documents();
        await buildShards({ ...options, source, rowsPerShard: 640, decontaminate: [evaluation] });
        return contents(output);
      };
      const expected = await build('text', { encode: encodePart });
      expect(await build('batch', { encode, encodeBatch })).toEqual(expected);
      expect(await build('lines', { encode, encodeLines })).toEqual(expected);
    }),
  );

  test.each([
    ['encodeLines', 'lines'],
    ['encodeBatch', 'texts'],
  ])('is refused if the rows of its %s are not the %s', (name, pieces) =>
    inTemporaryFolder(async (output) => {
      const wrong = () => ({ ids: new Uint16Array(0), rowSplits: [0] });
      const encoder: Encoder = { encode, [name]: wrong };
      const options = { ...TOKENIZER, encoder, output: join(output, 'a'), source: documents() };
      const message = new RegExp(`${name} gave 0 rows for \\d+ ${pieces}`);
      await expect(buildShards(options)).rejects.toThrow(message);
    }),
  );
});

test.each([
  ['none', 'One.  Two é. “q” 😀\n'],
  ['huggingface', 'One. Two é. "q" 😀'],
] as const)(
  'a document behind others is identified by its text, clean-up %s',
  (clean, identified) => {
    const lines = new LineEncoder({ encodeLines, toLines: 'sentencesToLines', clean });
    const text = clean === 'none' ? identified : `${identified}\n`;
    for (const before of ['', 'a', 'A longer one. And another.']) {
      lines.write(before);
      lines.keep();
      expect(lines.write(text).identity).toEqual(identify(identified));
      expect(lines.write(Buffer.from(text)).identity).toEqual(identify(identified));
    }
  },
);
