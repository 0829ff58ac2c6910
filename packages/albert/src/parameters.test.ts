// Parameter counts to the unit: reference values from transformers (tools/reference/albert_counts.py).

import { readFileSync } from 'node:fs';
import { parameterCount } from '@alectra/nn';
import { describe, expect, test } from '@jest/globals';
import {
  AlbertForMaskedLM,
  AlbertForPreTraining,
  AlbertForQuestionAnswering,
  AlbertForSequenceClassification,
  AlbertForTokenClassification,
  AlbertModel,
} from './models.js';
import { ALBERT_PRESETS, type AlbertPreset, albertPreset } from './presets.js';

const classes = [
  AlbertModel,
  AlbertForMaskedLM,
  AlbertForPreTraining,
  AlbertForTokenClassification,
  AlbertForSequenceClassification,
  AlbertForQuestionAnswering,
];
const fixture = new URL('../fixtures/counts.json', import.meta.url);
const counts: Record<AlbertPreset, Record<string, number>> = JSON.parse(
  readFileSync(fixture, 'utf8'),
).presets;

describe.each(ALBERT_PRESETS)('%s', (preset) => {
  test.each(classes.map((kind) => [kind.architecture, kind] as const))(
    '%s has as many parameters as in Hugging Face',
    (name, kind) => {
      expect(parameterCount(kind.layout(albertPreset(preset)))).toBe(counts[preset][name]);
    },
  );
});

test('the counts of the model card', () => {
  const config = albertPreset('alectra-small');
  const generator = albertPreset('alectra-small-generator');
  expect(parameterCount(AlbertModel.layout(config))).toBe(4_812_288);
  expect(parameterCount(AlbertForTokenClassification.layout(config))).toBe(4_747_010);
  expect(parameterCount(AlbertForMaskedLM.layout(generator))).toBe(4_810_170);
  const labels = (numLabels: number): number =>
    parameterCount(
      AlbertForSequenceClassification.layout(albertPreset('alectra-small', { numLabels })),
    );
  expect([labels(1), labels(2), labels(3)]).toEqual([4_812_545, 4_812_802, 4_813_059]);
});

test('both networks of the pretraining with shared embeddings', () => {
  const generator = AlbertForMaskedLM.layout(albertPreset('alectra-small-generator'));
  const discriminator = AlbertForTokenClassification.layout(albertPreset('alectra-small'));
  const own = Object.entries(discriminator).filter(([name]) => !name.includes('.embeddings.'));
  expect(parameterCount(generator) + parameterCount(Object.fromEntries(own))).toBe(5_633_468);
});

test('names and order are those of the state dict', () => {
  expect(Object.keys(AlbertForMaskedLM.layout(albertPreset('alectra-small')))).toEqual(
    JSON.parse(readFileSync(fixture, 'utf8')).maskedLMNames,
  );
});

test('what is pretrained has no pooler, so none is trained or exported by accident', () => {
  const config = albertPreset('alectra-small');
  for (const kind of [AlbertForMaskedLM, AlbertForTokenClassification])
    expect(Object.keys(kind.layout(config)).filter((name) => name.includes('pooler'))).toEqual([]);
  const all = Object.keys(AlbertModel.layout(config));
  expect(all.filter((name) => name.includes('pooler'))).toEqual(['pooler.weight', 'pooler.bias']);
  expect(all.length).toBe(25); // as the released file
});
