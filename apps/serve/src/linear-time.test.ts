// V15: a text of a megabyte is read in a time that grows with its length and no faster. What counts is the processor's
// time, so that it does not matter what else the machine does.

import { WordPieceTokenizer } from '@alectra/wordpiece';
import { expect, test } from '@jest/globals';
import { isModelId, modelIdPart } from './model-id.js';
import { readCard } from './page-front-matter.js';
import { JsonFault, parseStrictJson } from './strict-json.js';
import { TINY_VOCABULARY } from './tiny-models.test-support.js';

const CHARACTERS = 1_000_000;
/** What is read faster is not worth measuring. */
const LEAST_MS = 4;
/** The part that the whole is compared with: so small that neither caches nor garbage hide the power of the length. */
const PART = 1 / 8;
/** Between 8, where time is linear, and 64, where it is quadratic. */
const LIMIT = 22;
const MOST_TIMES = 6;

function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** How much longer the whole takes than its part. */
function growth(read: (text: string) => void, unit: string): number {
  const text = (characters: number): string => unit.repeat(characters / unit.length);
  const [part, whole] = [text(CHARACTERS * PART), text(CHARACTERS)];
  read(part); // compiled now
  let [least, leastWhole] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let times = 1; times <= MOST_TIMES; times++) {
    least = Math.min(
      least,
      cost(() => read(part)),
    );
    leastWhole = Math.min(
      leastWhole,
      cost(() => read(whole)),
    );
    // what hinders one measurement, such as the collection of garbage, seldom hinders several
    if (times > 1 && leastWhole < LIMIT * Math.max(LEAST_MS, least)) break;
  }
  return leastWhole / Math.max(LEAST_MS, least);
}

const json =
  (before: string, after: string) =>
  (text: string): void => {
    try {
      parseStrictJson(before + text + after);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
    }
  };

const tokenizer = WordPieceTokenizer.fromVocab([...TINY_VOCABULARY], { modelMaxLength: 64 });
const encode = (text: string): void => void tokenizer.encode(text, { offsets: true });

test.each<[string, (text: string) => void, readonly string[]]>([
  ['strings in a request', json('"', '"'), ['\\\\\\"', '\\', '\\"', 'a', '\u0301']],
  ['structure of a request', json('[', '0]'), ['[', '{"a":', '0,', '"a",', ' ', '"', '\\']],
  ['keys of a request', json('{', '"":0}'), ['"a":0,', '"\\\\":0,']],
  ['texts', encode, ['a', 'a ', ' ', '\u0301', 'e\u0301', '[MASK', '\0']],
  ['names of models', isModelId, ['a', '.', '-', 'a.', '/', '_-']],
  ['names of folders', modelIdPart, ['a', '.', '-', '.-', '-a', '~', '.git']],
  ['heads of model cards', readCard, ['---\n', '---\r', '\n', '--- \t', '- ']],
])(
  '%s',
  (_, read, units) => {
    for (const unit of units) {
      const times = growth(read, unit);
      expect({ unit, isLinear: times < LIMIT, ...(times >= LIMIT && { times }) }).toEqual({
        unit,
        isLinear: true,
      });
    }
  },
  240_000,
);

test('would tell quadratic time', () => {
  const quadratic = (text: string): void => {
    const length = text.length / 50;
    let equal = 0;
    for (let a = 0; a < length; a++)
      for (let b = 0; b < length; b++) if (text.charCodeAt(a) === text.charCodeAt(b)) equal += 1;
    expect(equal).toBe(length ** 2);
  };
  expect(growth(quadratic, 'a')).toBeGreaterThan(LIMIT);
});
