import { expect, test } from '@jest/globals';
import { presets } from './presets.js';
import { resolveRecipe } from './recipe-file.js';
import { checkSizes, leastBytes } from './recipe-sizes.js';

test('counts what the smallest recipe holds', () => {
  const recipe = resolveRecipe({
    preset: 'quickstart',
    set: [
      'vocabulary.size=100',
      'model={embeddingSize: 2, maxPositionEmbeddings: 8, typeVocabSize: 2}',
      'generator={hiddenSize: 3, numHiddenLayers: 5, intermediateSize: 7}',
      'discriminator={hiddenSize: 4, numHiddenLayers: 2, intermediateSize: 9}',
      'data.sequenceLength=8',
      'batch={size: 2, microSize: 2}',
    ],
  });
  const tables = 2 * (100 + 8 + 2);
  const generator = 2 * 3 + (4 * 9 + 2 * 21); // one layer, applied five times
  const discriminator = 2 * 4 + (4 * 16 + 2 * 36);
  const activations = 2 * 8 * (5 * 3 + 2 * 4);
  expect(leastBytes(recipe)).toBe(4 * (4 * (tables + generator + discriminator) + activations));
  const electra = { ...recipe, model: { ...recipe.model, family: 'electra' as const } };
  const more = 4 * (4 * 9 + 2 * 21) + (4 * 16 + 2 * 36); // a layer each
  expect(leastBytes(electra) - leastBytes(recipe)).toBe(16 * more);
});

const gigabytes = (preset: string): number => (preset === 'google-base' ? 4 : 2);
test.each(Object.keys(presets).map((preset) => [preset, gigabytes(preset)] as const))(
  'lets %s train in %i gigabytes',
  (preset, room) => {
    expect(() => checkSizes(resolveRecipe({ preset }), 1e9 * room)).not.toThrow();
  },
);

test.each([
  'discriminator.hiddenSize=1000000000',
  'generator.numHiddenLayers=1000000000',
  'vocabulary.size=10000000000',
  'batch={size: 1000000000, microSize: 1000000000}',
])('refuses %s before anything is made', (set) => {
  expect(() => resolveRecipe({ preset: 'quickstart', set: [set] })).toThrow(
    /cannot fit into memory: it needs [\d,]+ GB at the least, found \d+ GB/,
  );
});
