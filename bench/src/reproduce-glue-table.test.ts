import { expect, test } from '@jest/globals';
import { glueTable, meanGain } from './reproduce-glue-table.js';

const cells = [
  { task: 'CoLA', scratch: [3, 1, 2], pretrained: [9, 11, 10] },
  { task: 'SST-2', scratch: [70], pretrained: [69.5] },
];

test('medians stand before their seeds, gains are differences of medians', () => {
  expect(glueTable(cells)).toBe(
    [
      '| task | random weights | pretrained | gain |',
      '| --- | --- | --- | --- |',
      '| CoLA | 2.0 (3.0, 1.0, 2.0) | 10.0 (9.0, 11.0, 10.0) | +8.0 |',
      '| SST-2 | 70.0 | 69.5 | −0.5 |',
      '| mean | 36.0 | 39.8 | +3.8 |',
    ].join('\n'),
  );
});

test('a half-filled table has no mean', () => {
  const half = [{ ...cells[0], pretrained: [] }, cells[1]];
  expect(meanGain(half)).toBeUndefined();
  expect(glueTable(half)).toContain('| CoLA | 2.0 (3.0, 1.0, 2.0) |  |  |');
  expect(glueTable(half)).toMatch(/\| mean \| {2}\| {2}\| {2}\|$/);
});
