// The recipes of published models against the presets of @alectra/electra-task, which give source and unknowns.

import { ELECTRA_PRESETS, type ElectraPresetName, electraPreset } from '@alectra/electra-task';
import { describe, expect, test } from '@jest/globals';
import { presets } from './presets.js';
import { recipeSchema } from './recipe.js';

const names = Object.keys(ELECTRA_PRESETS) as ElectraPresetName[];

describe.each(names)('%s', (preset) => {
  const recipe = recipeSchema.parse(presets[preset]);
  const published = electraPreset(preset);

  test('has the task, optimizer, schedule and batch of the published preset', () => {
    const { objective, ...settings } = published.settings;
    expect([objective, recipe.task]).toEqual(['electra', settings]);
    const { excludeFromDecay, maxGradientNorm = 0, ...optimizer } = published.optimizer;
    expect(recipe.optimizer).toMatchObject({ ...optimizer, maxGradientNorm });
    expect([...recipe.optimizer.excludeFromDecay].sort()).toEqual([...excludeFromDecay].sort());
    const { totalSteps, ...schedule } = published.schedule;
    expect(recipe.schedule).toEqual({ ...schedule, steps: totalSteps });
    expect([recipe.batch.size, recipe.data.sequenceLength]).toEqual([
      published.batchSize,
      published.sequenceLength,
    ]);
  });

  test.each(['generator', 'discriminator'] as const)('has its %s', (part) => {
    const { model } = recipe;
    const network = recipe[part];
    expect({
      model_type: model.family,
      vocab_size: recipe.vocabulary.size,
      ...(model.family !== 'bert' && { embedding_size: model.embeddingSize }),
      hidden_size: network.hiddenSize,
      num_hidden_layers: network.numHiddenLayers,
      num_attention_heads: network.numAttentionHeads,
      intermediate_size: network.intermediateSize,
      hidden_act: model.hiddenAct,
      hidden_dropout_prob: model.hiddenDropoutProb,
      attention_probs_dropout_prob: model.attentionProbsDropoutProb,
      max_position_embeddings: model.maxPositionEmbeddings,
      type_vocab_size: model.typeVocabSize,
      layer_norm_eps: model.layerNormEps,
      initializer_range: model.initializerRange,
      pad_token_id: 0,
      ...(model.family === 'albert' && {
        num_hidden_groups: network.numHiddenGroups,
        inner_group_num: 1,
        classifier_dropout_prob: model.hiddenDropoutProb,
      }),
      ...(model.attentionOutputDropout && {
        attention_output_dropout: model.attentionOutputDropout,
      }),
      ...(part === 'generator' && {
        ...(model.predictionsLayerNormEps && {
          predictions_layer_norm_eps: model.predictionsLayerNormEps,
        }),
        ...(model.tieWordEmbeddings === false && { tie_word_embeddings: false }),
      }),
    }).toEqual(published[part]);
  });
});
