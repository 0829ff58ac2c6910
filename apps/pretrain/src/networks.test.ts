import { WordPieceTokenizer } from '@alectra/wordpiece';
import { expect, test } from '@jest/globals';
import { makeNetworks, parameterCounts } from './networks.js';
import { resolveRecipe } from './recipe-file.js';

test('alectra-small-owt has the parameters of the model card, to the unit', () => {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const words = Array.from({ length: 30_522 - special.length }, (_, index) => `w${index}`);
  const tokenizer = WordPieceTokenizer.fromVocab([...special, ...words]);
  const recipe = resolveRecipe({ preset: 'alectra-small-owt', flags: { data: { text: ['.'] } } });
  // reconstruction of the 2020 run: both networks, and together with word, position and segment embeddings shared
  expect(parameterCounts(makeNetworks(recipe, tokenizer))).toEqual({
    generator: 4_810_170,
    discriminator: 4_747_010,
    together: 5_633_468,
  });
});
