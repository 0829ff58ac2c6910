import { expect, test } from '@jest/globals';
import { drawCurves } from './draw-curves.js';

const plot = (points: { x: number; y: number }[], name = 'a') =>
  drawCurves({ title: 'loss', xLabel: 'step', curves: [{ name, points }] });

test('places the ends of a curve at the ends of round axes', () => {
  const svg = plot([
    { x: 0, y: 10 },
    { x: 100, y: 4 },
  ]);
  expect(svg).toContain('d="M64.0 36.0L744.0 336.0"');
  for (const label of ['>0<', '>20<', '>100<', '>4<', '>10<']) expect(svg).toContain(label);
});

test('breaks the line where a value is not finite', () => {
  const svg = plot([
    { x: 0, y: 0 },
    { x: 1, y: Number.NaN },
    { x: 2, y: 1 },
  ]);
  expect(svg).toMatch(/d="M[\d.]+ [\d.]+M[\d.]+ [\d.]+"/);
});

test('draws a flat curve and an empty one', () => {
  expect(plot([{ x: 1, y: 3 }])).toContain('d="M');
  expect(plot([])).toContain('d=""');
});

test('has a title for those who do not see it', () => {
  expect(plot([])).toContain('<title>loss</title>');
});

test('escapes names', () => {
  expect(plot([], 'a<b>&"c"')).toContain('a&#60;b&#62;&#38;&#34;c&#34;');
});

test('places powers of ten at equal distances on a logarithmic axis, and leaves out zero', () => {
  const points = [0, 1e6, 1e8, 1e10].map((x) => ({ x, y: x }));
  const svg = drawCurves({
    title: 'auc',
    xLabel: 'tokens',
    xScale: 'log',
    curves: [{ name: 'a', isDashed: true, points }],
  });
  expect(svg).toMatch(/d="M64\.0 [\d.]+L404\.0 [\d.]+L744\.0 [\d.]+"/);
  expect(svg).toContain('stroke-dasharray');
  for (const label of ['>1M<', '>10M<', '>100M<', '>1G<', '>10G<']) expect(svg).toContain(label);
});
