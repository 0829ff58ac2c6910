// Damaged tokenizer files: each is refused by name, or makes a tokenizer that holds together.

import { OpenAIGPTTokenizer } from './tokenizer.js';

/** Members of every kind that a tokenizer.json has. */
const JSON_TEXT = JSON.stringify({
  added_tokens: [{ id: 8, content: '<pad>', lstrip: false, normalized: false, special: true }],
  normalizer: { type: 'BertNormalizer', lowercase: true, strip_accents: null },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  model: {
    ...{ type: 'BPE', dropout: null, unk_token: '<unk>', end_of_word_suffix: '</w>' },
    vocab: { '<unk>': 0, a: 1, b: 2, 'a</w>': 3, 'b</w>': 4, 'ab</w>': 5, ab: 6, '12</w>': 7 },
    merges: [['a', 'b</w>'], 'a b'],
  },
});
const TEXT = 'ab abab <pad>ba 12 <unk> ǅ';
const VALUES = [
  ...[null, true, -1, 0, 1, 2 ** 31, 1.5, 1e300, '', 'a', '</w>', '__proto__', [], [[]]],
  ...[{}, { a: 1 }, ['a', 'b'], ['a', 'b', 'c']],
];

/** What became of mutated files. */
export interface Tally {
  refused: number;
  loaded: number;
}

/**
 * Changes `count` files, each by its seed: a byte, a stretch left out or repeated, or a value put in another's place.
 *
 * @throws Error naming the file that gave neither a named error nor a sound tokenizer
 */
export function mutateFiles(count: number): Tally {
  const tally: Tally = { refused: 0, loaded: 0 };
  for (let seed = 1; seed <= count; seed++) {
    const random = numbers(seed);
    const text = seed % 2 ? changeText(random) : changeValue(random);
    let tokenizer: OpenAIGPTTokenizer;
    try {
      tokenizer = OpenAIGPTTokenizer.fromTokenizerJson(JSON.parse(text));
    } catch (error) {
      const { name, message } = error as Error;
      const isNamed = name === 'SyntaxError' || /^gpt: cannot .*: [\s\S]*\n./.test(message);
      if (!isNamed) throw new Error(`${message} for ${text}`, { cause: error });
      tally.refused++;
      continue;
    }
    checkSound(tokenizer, text);
    tally.loaded++;
  }
  return tally;
}

/** Ids are tokens, and a tokenizer made of its own files gives the same. */
function checkSound(tokenizer: OpenAIGPTTokenizer, text: string): void {
  const ids = [...tokenizer.encode(TEXT)];
  const again = OpenAIGPTTokenizer.fromTokenizerJson(
    JSON.parse(tokenizer.files()['tokenizer.json']),
  );
  const isSound =
    ids.every((id) => tokenizer.tokenToId(tokenizer.idToToken(id) ?? '') === id) &&
    again.encode(TEXT).join() === ids.join() &&
    again.decode(ids) === tokenizer.decode(ids);
  if (!isSound) throw new Error(`a tokenizer of no use, ${ids}, from ${text}`);
}

function changeText(random: (bound: number) => number): string {
  const start = random(JSON_TEXT.length);
  const end = start + 1 + random(8);
  const cut = JSON_TEXT.slice(0, start);
  const part = JSON_TEXT.slice(start, end);
  const rest = JSON_TEXT.slice(end);
  return [
    cut + rest,
    cut + part + part + rest,
    cut + String.fromCharCode(32 + random(95)) + JSON_TEXT.slice(start + 1),
    cut,
  ][random(4)];
}

function changeValue(random: (bound: number) => number): string {
  const places = [...JSON_TEXT.matchAll(/"[^"]*"|\b(?:null|true|false|\d+)\b/g)];
  const { 0: old, index } = places[random(places.length)];
  const value = JSON.stringify(VALUES[random(VALUES.length)]);
  const isKey = JSON_TEXT[index + old.length] === ':';
  const text = isKey ? JSON.stringify(value) : value;
  return JSON_TEXT.slice(0, index) + text + JSON_TEXT.slice(index + old.length);
}

function numbers(seed: number): (bound: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
