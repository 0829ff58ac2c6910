import { describe, expect, test } from '@jest/globals';
import { decodeUtf8, JsonFault, parseStrictJson } from './strict-json.js';

describe('parseStrictJson', () => {
  test.each([
    '{"inputs":"a","parameters":{"top_k":5,"targets":["x","y"]}}',
    '"a \\"quoted\\" [ { text"',
    '{"a\\\\":1,"b":[{"c":[]},{"c":[]}]}',
    '  [1, 2, -3.5e1, true, null]  ',
    '{"inputs":"__proto__","x":["constructor"]}',
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ['', /not valid JSON/],
    ['{', /not valid JSON/],
    ['{"a":1,}', /not valid JSON/],
    ["{'a':1}", /not valid JSON/],
    ['{"a":1,"a":2}', /the key "a" twice/],
    ['{"a":1,"\\u0061":2}', /the key "a" twice/],
    ['{"x":[{"a":1,"b":{"a":2},"a":3}]}', /the key "a" twice/],
    ['{"__proto__":{}}', /forbidden key: "__proto__"/],
    ['{"a":{"\\u005f_proto__" :{}}}', /forbidden key/],
    ['{"constructor":{"prototype":{}}}', /forbidden key: "constructor"/],
    ['['.repeat(17), /deeper than 16/],
    ['{"a":'.repeat(5_000_000), /deeper than 16/],
  ])('refuses %#', (text, message) => {
    expect(() => parseStrictJson(text)).toThrow(JsonFault);
    expect(() => parseStrictJson(text)).toThrow(message);
  });
});

test('bytes that are no UTF-8 are refused, not replaced', () => {
  expect(decodeUtf8(Buffer.from('\ufeffé'))).toBe('é');
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]])
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(/not valid UTF-8/);
});
