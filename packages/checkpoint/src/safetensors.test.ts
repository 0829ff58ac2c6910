import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openSafetensors, readSafetensors } from './safetensors-read.js';
import { encodeSafetensors, writeSafetensors } from './safetensors-write.js';
import type { WeightRecord } from './weights.js';

const DTYPES = new URL('../fixtures/dtypes.safetensors', import.meta.url).pathname;

/** A file with this header text and `dataBytes` zeros. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const json = Buffer.from(header);
  const bytes = Buffer.alloc(8 + json.length + dataBytes);
  bytes.writeBigUInt64LE(BigInt(json.length));
  json.copy(bytes, 8);
  return bytes;
}

const entry = (dtype: string, shape: string, offsets: string): string =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${offsets}]}`;

describe('readSafetensors', () => {
  test('reads every element type that PyTorch writes', async () => {
    const tensors = await readSafetensors(DTYPES);
    const values = (name: string): unknown[] => [...tensors[name].data];
    expect(Object.keys(tensors).length).toBe(18);
    expect(tensors['a.float32']).toMatchObject({ dtype: 'F32', shape: [2, 3] });
    for (const name of ['bool', 'uint8', 'int8', 'int16', 'uint16', 'int32', 'uint32']) {
      expect(values(`a.${name}`)).toEqual(
        name === 'bool' ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 100],
      );
    }
    expect(values('a.float32')).toEqual([0, 1, 2, 3, 4, 100]);
    expect(values('a.float64')).toEqual([0, 1, 2, 3, 4, 100]);
    expect(values('a.int64')).toEqual([0n, 1n, 2n, 3n, 4n, 100n]);
    expect(values('a.uint64')).toEqual([0n, 1n, 2n, 3n, 4n, 100n]);
    expect(values('a.float16')).toEqual([0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x5640]);
    expect(values('a.bfloat16')).toEqual([0, 0x3f80, 0x4000, 0x4040, 0x4080, 0x42c8]);
    expect(tensors.empty).toMatchObject({ shape: [0, 3], data: new Float32Array(0) });
    expect(tensors.scalar).toMatchObject({ shape: [], data: Float32Array.of(1.5) });
    expect(values('ü"\\\n')).toEqual([7]);
  });

  test('reads one tensor without the others', async () => {
    const source = await openSafetensors(DTYPES);
    expect(source.metadata).toEqual({ format: 'pt', a: '1', note: 'two\nlines' });
    expect([...(await source.read('a.int32')).data]).toEqual([0, 1, 2, 3, 4, 100]);
    await expect(source.read('b')).rejects.toThrow('there is no tensor "b" in /');
    await source.close();
  });

  test('accepts white space around the header, as the Python library does', async () => {
    const tensors = await readSafetensors(
      file(` \n{ "x" : ${entry('U8', ' 2 ', ' 0 , 2 ')} }\t `, 2),
    );
    expect(tensors.x.shape).toEqual([2]);
  });

  test('accepts a file without tensors, and tensors without values', async () => {
    expect(Object.keys(await readSafetensors(file('{}')))).toEqual([]);
    const none = await readSafetensors(file(`{"x":${entry('F32', '0,7', '0,0')}}`));
    expect(none.x).toEqual({ dtype: 'F32', shape: [0, 7], data: new Float32Array(0) });
  });

  test('keeps names that are special in JavaScript as plain names', async () => {
    const header = `{"__proto__":${entry('U8', '1', '0,1')},"constructor":${entry('U8', '1', '1,2')}}`;
    const tensors = await readSafetensors(file(header, 2));
    expect(Object.keys(tensors)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(tensors)).toBeNull();
  });
});

describe('writeSafetensors', () => {
  test('writes the very bytes of the Python library', async () => {
    const source = await openSafetensors(DTYPES);
    const shuffled = Object.fromEntries(Object.entries(await source.readAll()).reverse());
    const written = encodeSafetensors(shuffled, source.metadata);
    await source.close();
    expect(Buffer.compare(written, await readFile(DTYPES))).toBe(0);
  });

  test('writes through a file what it encodes in memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    const tensors: WeightRecord = {
      b: { dtype: 'I32', shape: [2, 2], data: Int32Array.of(1, -2, 3, 4) },
      a: { dtype: 'F16', shape: [1], data: Uint16Array.of(0x3c00) },
    };
    await writeSafetensors(join(folder, 'x.safetensors'), tensors);
    const bytes = await readFile(join(folder, 'x.safetensors'));
    expect(Buffer.compare(bytes, encodeSafetensors(tensors))).toBe(0);
    expect(bytes.readUInt32LE(0) % 8).toBe(0);
    expect(await readSafetensors(bytes)).toEqual(
      Object.assign(Object.create(null), { b: tensors.b, a: tensors.a }),
    );
    await rm(folder, { recursive: true });
  });

  test.each([
    ['F32', [2], Float64Array.of(1, 2), 'its data is no Float32Array'],
    ['F32', [3], Float32Array.of(1, 2), 'it has 2 values, its shape [3] says otherwise'],
    ['F32', [-1, -2], Float32Array.of(1, 2), 'its shape [-1, -2]'],
  ] as const)('refuses data that does not fit: %s %j', (dtype, shape, data, message) => {
    expect(() => encodeSafetensors({ x: { dtype, shape, data } })).toThrow(message);
  });
});

// Case F1 of the reference: each hostile file has its named error. Byte strings after the tests of
// huggingface/safetensors, safetensors/src/tensor.rs, and its folder attacks/.
describe('a hostile safetensors file', () => {
  const one = entry('U8', '2', '0,2');
  test.each<[string, Uint8Array, string, RegExp]>([
    ['empty', new Uint8Array(0), 'truncated', /has 0 bytes, the length field alone takes 8/],
    ['shorter than its length field', new Uint8Array(7), 'truncated', /has 7 bytes/],
    [
      'with a header of 100 MB and more',
      file('').fill(0xff),
      'header-too-large',
      /claims 18446744073709551615 bytes/,
    ],
    [
      'with a header longer than the file',
      file('{}').subarray(0, 9),
      'truncated',
      /claims 2 bytes, the file has 1/,
    ],
    ['that is not UTF-8', file(Buffer.from([0x7b, 0xff, 0x7d])), 'header-not-utf8', /not UTF-8/],
    [
      'that is not JSON',
      file('hello'),
      'header-not-json',
      /"h" at character 0, where "\{" is expected/,
    ],
    ['with an empty header', file(''), 'header-not-json', /the end at character 0/],
    ['that is a list', file('[]'), 'header-not-json', /"\["/],
    ['nested a million deep', file('['.repeat(1e6)), 'header-not-json', /"\["/],
    ['with text behind its header', file('{} {}'), 'header-not-json', /where the end is expected/],
    ['with a hanging comma', file(`{"x":${one},}`, 2), 'header-not-json', /"}" at character/],
    [
      'with a control character in a name',
      file(`{"x\u0001":${one}}`, 2),
      'header-not-json',
      /u0001/,
    ],
    ['with a broken escape', file(`{"\\q":${one}}`, 2), 'header-not-json', /not a JSON text/],
    ['with half a surrogate pair', file(`{"\\ud800":${one}}`, 2), 'header-not-json', /surrogate/],
    ['with extra bytes at its end', file(`{"x":${one}}`, 3), 'trailing-bytes', /has 1 bytes after/],
    [
      'without its end',
      file(`{"x":${one}}`, 1),
      'truncated',
      /ends at byte 2 of the data, which has 1/,
    ],
    [
      'with two equal names',
      file(`{"x":${one},"x":${one}}`, 2),
      'duplicate-name',
      /"x".*occurs twice/,
    ],
    [
      'with two equal names, one escaped',
      file(`{"x":${one},"\\u0078":${one}}`, 2),
      'duplicate-name',
      /twice/,
    ],
    [
      'with two equal fields',
      file('{"x":{"dtype":"U8","dtype":"U8"}}'),
      'duplicate-name',
      /"dtype" is given/,
    ],
    ['with an unknown type', file(`{"x":${entry('F5', '2', '0,2')}}`, 2), 'unknown-dtype', /"F5"/],
    [
      'with a type named like a method',
      file(`{"x":${entry('toString', '2', '0,2')}}`, 2),
      'unknown-dtype',
      /toString/,
    ],
    [
      'with an unknown field',
      file('{"x":{"code":"U8"}}'),
      'header-not-json',
      /unknown field "code"/,
    ],
    [
      'with a missing field',
      file('{"x":{"dtype":"U8","shape":[]}}'),
      'header-not-json',
      /are needed/,
    ],
    [
      'with one offset',
      file(`{"x":${entry('U8', '2', '2')}}`, 2),
      'header-not-json',
      /two data_offsets/,
    ],
    [
      'with three offsets',
      file(`{"x":${entry('U8', '2', '0,2,3')}}`, 2),
      'bad-offsets',
      /more than 2/,
    ],
    [
      'with offsets backwards',
      file(`{"x":${entry('U8', '2', '2,0')}}`, 2),
      'bad-offsets',
      /before its begin/,
    ],
    [
      'with a wrong size',
      file(`{"x":${entry('F32', '2', '0,4')}}`, 4),
      'size-mismatch',
      /takes 8 bytes.*give 4/,
    ],
    [
      'with a negative size',
      file(`{"x":${entry('U8', '-2', '0,2')}}`, 2),
      'bad-shape',
      /holds "-"/,
    ],
    [
      'with a fractional size',
      file(`{"x":${entry('U8', '2.0', '0,2')}}`, 2),
      'bad-shape',
      /holds "\."/,
    ],
    [
      'with sizes that overflow 64 bits',
      file(`{"x":${entry('U8', '2,18446744073709551614', '0,16')}}`, 16),
      'bad-shape',
      /18446744073709551614, too large/,
    ],
    [
      'with sizes whose product overflows',
      file(`{"x":${entry('U8', '4294967296,4294967296', '0,0')}}`),
      'bad-shape',
      /too many elements/,
    ],
    [
      'with offsets that overflow',
      file(`{"x":${entry('U8', '2', '9007199254740992,9007199254740994')}}`, 2),
      'bad-offsets',
      /too large/,
    ],
    [
      'with a leading zero',
      file(`{"x":${entry('U8', '02', '0,2')}}`, 2),
      'header-not-json',
      /begins with 0/,
    ],
    [
      'with rank 65',
      file(`{"x":${entry('U8', Array(65).fill(1).join(), '0,1')}}`, 1),
      'bad-shape',
      /more than 64/,
    ],
    [
      'with a hole at its begin',
      file(`{"x":${entry('U8', '1', '1,2')}}`, 2),
      'hole',
      /bytes 0 to 1/,
    ],
    [
      'with a hole between',
      file(`{"x":${entry('U8', '1', '0,1')},"y":${entry('U8', '1', '2,3')}}`, 3),
      'hole',
      /bytes 1 to 2/,
    ],
    [
      'with metadata that is no object',
      file('{"__metadata__":[]}'),
      'bad-metadata',
      /not an object/,
    ],
    [
      'with metadata that is not text',
      file('{"__metadata__":{"a":1}}'),
      'bad-metadata',
      /"a" is not text/,
    ],
    [
      'with metadata twice',
      file('{"__metadata__":{},"__metadata__":{}}'),
      'duplicate-name',
      /twice/,
    ],
    [
      'with a metadata key twice',
      file('{"__metadata__":{"a":"1","a":"2"}}'),
      'bad-metadata',
      /"a" occurs twice/,
    ],
  ])('%s is refused', async (_, bytes, code, message) => {
    await expect(readSafetensors(bytes)).rejects.toMatchObject({ code });
    await expect(readSafetensors(bytes)).rejects.toThrow(message);
  });

  test('whose tensors share bytes is refused (safetensors_abuse_attempt)', async () => {
    const many = Array.from({ length: 10 }, (_, i) => `"t${i}":${entry('F32', '2,2', '0,16')}`);
    await expect(readSafetensors(file(`{${many.join()}}`, 16))).rejects.toMatchObject({
      code: 'overlap',
    });
  });

  test('with 200,000 tensors is read in bounded time', async () => {
    const many = Array.from(
      { length: 2e5 },
      (_, i) => `"${i}":${entry('U8', '1', `${i},${i + 1}`)}`,
    );
    const source = await openSafetensors(file(`{${many.join()}}`, 2e5));
    expect(source.tensors.size).toBe(2e5);
  });
});
