import { describe, expect, test } from '@jest/globals';
import { drawsFor } from './draws.js';
import { JsonTexts } from './json-text.js';

/** What the reader makes of a line that stands among others, as a string; undefined where it wants JSON.parse. */
function read(line: string, key = 'text'): string | undefined {
  const lines = Buffer.from(`"before"\n${line}\n"after"`);
  const from = '"before"\n'.length;
  const texts = new JsonTexts();
  texts.take(lines, key);
  const text = texts.read(from, lines.length - '\n"after"'.length);
  return text && Buffer.from(text).toString();
}

/** What JSON.parse makes of it: undefined where there is no text. */
function parsed(line: string, key = 'text'): string | undefined {
  try {
    const value = JSON.parse(line) as Record<string, unknown> | string;
    const text = typeof value === 'string' ? value : value[key];
    return typeof text === 'string' ? Buffer.from(text).toString() : undefined;
  } catch {
    return undefined;
  }
}

describe('JsonTexts', () => {
  test.each([
    ['an object', '{"text": "A text."}', 'A text.'],
    ['blanks', ' \t{ "text" :\r"A text." } \r', 'A text.'],
    ['a string', ' "A text." ', 'A text.'],
    ['an empty text', '{"text":""}', ''],
    ['fields around', '{"a": [1, {"text": "no"}], "text": "yes", "b": {"text": "no"}}', 'yes'],
    ['two texts', '{"text": "first", "text": "last"}', 'last'],
    ['short escapes', String.raw`"\"\\\/\b\f\n\r\t"`, '"\\/\b\f\n\r\t'],
    ['numbers', String.raw`"\u0041\u00e9\u20aC\ud83d\ude00"`, 'Aé€😀'],
    ['halves of pairs', String.raw`"\ud83d \ude00\ud83d\ud83d\ude00"`, '\ufffd \ufffd\ufffd😀'],
    ['a backslash at the end', String.raw`{"text": "a\\", "b": "\\\""}`, 'a\\'],
    [
      'characters outside ASCII',
      '{"täxt": "no", "text": "Ü \u2028 😀\\n\u007f"}',
      'Ü \u2028 😀\n\u007f',
    ],
    [
      'long runs',
      `"${'long '.repeat(50)}\\n${'run '.repeat(50)}"`,
      `${'long '.repeat(50)}\n${'run '.repeat(50)}`,
    ],
    [
      'numbers and words beside',
      '{"a": -0.5e+10, "b": 0, "c": 1E3, "d": true, "e": null, "text": "x"}',
      'x',
    ],
  ])('reads %s', (_, line, text) => {
    expect(parsed(line)).toBe(text);
    expect(read(line)).toBe(text);
  });

  test('reads a text longer than any before', () => {
    const texts = new JsonTexts();
    for (const length of [10, 1 << 17, 1 << 23, 20]) {
      const line = Buffer.from(JSON.stringify({ text: 'é\n'.repeat(length / 2) }));
      texts.take(line, 'text');
      expect(texts.read(0, line.length)?.length).toBe(1.5 * length);
    }
  });

  test('reads an escape wherever among sixteen bytes it stands', () => {
    for (const written of ['\\n', '\\"', '\\u00e9', '\\ud83d\\ude00', '\\ud83d', '\\x', '\t'])
      for (let before = 0; before < 40; before++) {
        const line = `"${'é'.repeat(before % 3)}${'b'.repeat(before)}${written}${written}after"`;
        expect({ line, text: read(line) }).toEqual({ line, text: parsed(line) });
      }
  });

  test('takes the name of the field as it is written', () => {
    expect(read('{"the \\"body\\"": "x"}', 'the "body"')).toBe('x');
    expect(read('{"\\u0074ext": "x"}')).toBeUndefined(); // JSON.parse will find it
    expect(parsed('{"\\u0074ext": "x"}')).toBe('x');
  });

  test.each([
    ['nothing', ''],
    ['blanks alone', '  '],
    ['a list of paragraphs', '{"text": ["a", "b"]}'],
    ['another field alone', '{"body": "x"}'],
    ['a text of numbers', '{"text": 1}'],
    ['a list', '["text", "x"]'],
    ['a byte order mark', '\ufeff{"text": "x"}'],
    ['nesting without end', `{"a": ${'['.repeat(100)}${']'.repeat(100)}, "text": "x"}`],
  ])('leaves %s to JSON.parse', (_, line) => {
    expect(read(line)).toBeUndefined();
  });

  test.each([
    ...['"a" b', '"a', '"\\x"', '"\\u12g4"', '"\\u123', '"\\', '"tab\there"', '"a"."b"'],
    ...[
      '{"text": "x"',
      '{"text" "x"}',
      '{"text": "x",}',
      '{"text": "x"}}',
      '{"text": "x".5}',
      '{,"text": "x"}',
    ],
    ...[
      '{"a": 01, "text": "x"}',
      '{"a": 1., "text": "x"}',
      '{"a": +1, "text": "x"}',
      '{"a": 1e, "text": "x"}',
    ],
    ...[
      '{"a": tru, "text": "x"}',
      '{"a": [1,], "text": "x"}',
      '{"a": {"b"}, "text": "x"}',
      '{"a": ], "text": "x"}',
    ],
    ...[
      '{"a": -, "text": "x"}',
      '{"a": "\\q", "text": "x"}',
      '{a: 1, "text": "x"}',
      '{"text": "x"} {"text": "y"}',
    ],
  ])('refuses %s, as JSON.parse does', (line) => {
    expect(() => JSON.parse(line)).toThrow(SyntaxError);
    expect(read(line)).toBeUndefined();
  });

  test('agrees with JSON.parse about every line that is one byte from right', () => {
    const right = String.raw`{"id": [-1.5e3, {}, true], "text": "a\né \ud83d\ude00\"", "to": null}`;
    expect(read(right)).toBe(parsed(right));
    const draws = drawsFor(1, { high: 2, low: 3 });
    let found = 0;
    for (let at = 0; at < right.length; at++)
      for (const change of [
        '',
        ...'"\\{}[]:,0 eut-.\t',
        String.fromCharCode(draws.integer(32, 300)),
      ]) {
        const line = right.slice(0, at) + change + right.slice(at + 1);
        const text = read(line);
        if (text === undefined) continue;
        found++;
        expect({ line, text }).toEqual({ line, text: parsed(line) });
      }
    expect(found).toBeGreaterThan(200);
  });
});
