import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from './half-precision.js';

const fixture: { float32: number[]; float16: number[]; bfloat16: number[] } = JSON.parse(
  readFileSync(new URL('../fixtures/half.json', import.meta.url), 'utf8'),
);
const values = new Float32Array(Uint32Array.from(fixture.float32).buffer);
const everyHalf = Uint16Array.from({ length: 65_536 }, (_, i) => i);

describe('float16 and bfloat16', () => {
  test('are rounded to as PyTorch does', () => {
    expect([...float32ToFloat16(values)]).toEqual(fixture.float16);
    expect([...float32ToBfloat16(values)]).toEqual(fixture.bfloat16);
  });

  test.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x8000, -0],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0x3555, 0.333251953125],
  ])('float16 %i is %d', (bits, value) => {
    expect(float16ToFloat32(Uint16Array.of(bits))[0]).toBe(value);
  });

  test('survive the way to float32 and back, every value of each', () => {
    const isNan16 = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;
    const isNanB = (bits: number): boolean => (bits & 0x7fff) > 0x7f80;
    const f16 = float32ToFloat16(float16ToFloat32(everyHalf));
    const bf16 = float32ToBfloat16(bfloat16ToFloat32(everyHalf));
    expect(everyHalf.every((bits, i) => (isNan16(bits) ? isNan16(f16[i]) : f16[i] === bits))).toBe(
      true,
    );
    expect(everyHalf.every((bits, i) => (isNanB(bits) ? isNanB(bf16[i]) : bf16[i] === bits))).toBe(
      true,
    );
  });
});
