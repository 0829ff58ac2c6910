import { describe, expect, test } from '@jest/globals';
import { fromHostTensor, toHostTensor } from './host-tensor.js';

describe('toHostTensor', () => {
  test('takes floats as float32, integers as int32', () => {
    const f16 = { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } as const;
    expect(toHostTensor(f16)).toEqual({
      dtype: 'float32',
      shape: [2],
      data: Float32Array.of(1, -2),
    });
    const f64 = { dtype: 'F64', shape: [1], data: Float64Array.of(0.1) } as const;
    expect(toHostTensor(f64).data[0]).toBe(Math.fround(0.1));
    const i64 = { dtype: 'I64', shape: [2], data: BigInt64Array.of(-5n, 2147483647n) } as const;
    expect(toHostTensor(i64).data).toEqual(Int32Array.of(-5, 2147483647));
    const u8 = { dtype: 'U8', shape: [1], data: Uint8Array.of(255) } as const;
    expect(toHostTensor(u8).data).toEqual(Int32Array.of(255));
  });

  test('does not copy what already fits', () => {
    const data = Float32Array.of(1);
    expect(toHostTensor({ dtype: 'F32', shape: [1], data }).data).toBe(data);
    expect(fromHostTensor({ dtype: 'float32', shape: [1], data }).data).toBe(data);
  });

  test('refuses integers that int32 cannot hold, naming the tensor and the value', () => {
    const big = { dtype: 'I64', shape: [2], data: BigInt64Array.of(0n, 2147483648n) } as const;
    expect(() => toHostTensor(big, 'ids')).toThrow('"ids" as int32: value 1 is 2147483648');
    const bits = { dtype: 'F8_E4M3', shape: [1], data: Uint8Array.of(1) } as const;
    expect(() => toHostTensor(bits, 'w')).toThrow('cannot compute with "w": it is F8_E4M3');
  });
});

test('fromHostTensor narrows to half precision on request', () => {
  const tensor = { dtype: 'float32', shape: [1], data: Float32Array.of(1) } as const;
  expect(fromHostTensor(tensor, 'F16')).toEqual({
    dtype: 'F16',
    shape: [1],
    data: Uint16Array.of(0x3c00),
  });
  expect(fromHostTensor(tensor, 'BF16')).toEqual({
    dtype: 'BF16',
    shape: [1],
    data: Uint16Array.of(0x3f80),
  });
});
