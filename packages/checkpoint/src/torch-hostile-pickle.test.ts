// Case F2 of the reference: pickles from strangers. After the tests of picklescan and of PyTorch's `weights_only` loader.

import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bytes, le, legacyFile, op, pickle, storage, zipFile } from './test-support.js';
import { openTorch } from './torch-open.js';

const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url));

const CANARY = join(tmpdir(), `alectra-canary-${process.pid}`);
const command = op.tuple(op.text(`touch ${CANARY}`));

type Refused = [title: string, pickle: Uint8Array, code: string, message: string];

/** The call of a function that no state dict needs. */
function call(module: string, name: string): Refused {
  const called = op.reduce(op.global(module, name), command);
  return [`that calls ${module}.${name}`, called, 'forbidden-global', `"${module}.${name}"`];
}

/** The name alone. */
function mention(module: string, name: string): Refused {
  const title = `that names ${name} of ${module}`;
  return [title, op.global(module, name), 'forbidden-global', `"${module}.${name}"`];
}

describe('a hostile pickle', () => {
  test.each<Refused>([
    call('os', 'system'),
    call('posix', 'system'),
    call('builtins', 'eval'),
    call('__builtin__', 'exec'), // its name in Python 2
    call('builtins', 'getattr'),
    mention('torch', 'load'),
    mention('torch', 'FloatStorage.__init__'), // of a name that is allowed
    mention('torch.storage', '.UntypedStorage'), // of a name that is allowed, and one stop
    mention('albert.modeling', 'AlbertModel'), // a whole module, pickled with its code's name
    [
      'with STACK_GLOBAL',
      bytes(op.text('os'), op.text('system'), 0x93, command, 'R'),
      'forbidden-global',
      '"os.system"',
    ],
    [
      'with STACK_GLOBAL of numbers',
      bytes(op.int(1), op.int(2), 0x93),
      'bad-pickle',
      'other than text',
    ],
    ['with INST', bytes('(', op.text('x'), 'ios\nsystem\n'), 'forbidden-global', '"os.system"'],
    [
      'with INST of an allowed name',
      bytes('(icollections\nOrderedDict\n'),
      'forbidden-opcode',
      'INST',
    ],
    [
      'with OBJ',
      bytes('(', op.global('collections', 'OrderedDict'), 'o'),
      'forbidden-opcode',
      '0x6f',
    ],
    [
      'with NEWOBJ',
      bytes(op.global('collections', 'OrderedDict'), ')', 0x81),
      'forbidden-opcode',
      '0x81',
    ],
    ['with NEWOBJ_EX', bytes(0x92), 'forbidden-opcode', '0x92'],
    ['with EXT1', bytes(0x82, 1), 'forbidden-opcode', '0x82'],
    ['with EXT2', bytes(0x83, le(1, 2)), 'forbidden-opcode', '0x83'],
    ['with EXT4', bytes(0x84, le(1, 4)), 'forbidden-opcode', '0x84'],
    [
      'with a text of 2^63 bytes',
      bytes(0x8d, le(0, 4), le(1 << 31, 4)),
      'forbidden-opcode',
      '0x8d',
    ],
    ['with an integer of 2^31 bytes', bytes(0x8b, le(1 << 31, 4)), 'forbidden-opcode', '0x8b'],
    ['with PERSID', bytes('Pabc\n'), 'forbidden-opcode', '0x50'],
    ['with text integers', bytes('I12\n'), 'forbidden-opcode', '0x49'],
    ['with an unknown opcode', bytes(0xff), 'forbidden-opcode', '0xff'],
    ['that calls a number', op.reduce(op.int(1), ')'), 'bad-pickle', 'what is not a name'],
    [
      'that calls without a tuple',
      op.reduce(op.global('collections', 'OrderedDict'), op.int(1)),
      'bad-pickle',
      'without a tuple',
    ],
    [
      'that calls OrderedDict with values',
      op.reduce(op.global('collections', 'OrderedDict'), op.tuple('N')),
      'bad-pickle',
      'unknown form',
    ],
    ['that sets the state of a list', bytes(']}b'), 'bad-pickle', 'sets the state'],
    ['that recalls what it never stored', bytes('h', 9), 'bad-pickle', 'entry 9'],
    ['that pops an empty stack', bytes('R'), 'bad-pickle', 'stack is empty'],
    ['that pops a mark', bytes('(q', 0), 'bad-pickle', 'stack is empty'],
    ['that has no mark', bytes('t'), 'bad-pickle', 'no mark'],
    [
      'that sets items of a number',
      bytes(op.int(1), op.int(2), op.int(3), 's'),
      'bad-pickle',
      'not a dictionary',
    ],
    ['with a key without value', bytes('}(', op.int(1), 'u'), 'bad-pickle', 'without a value'],
    [
      'with the same key twice',
      op.dict(op.text('a'), 'N', op.text('a'), 'N'),
      'bad-pickle',
      '"a" twice',
    ],
    ['with a huge integer', bytes(0x8a, 255, new Uint8Array(255)), 'bad-pickle', '255 bytes'],
    ['with a text of 4 GB', bytes('X', le(-1, 4)), 'truncated', 'ends inside'],
    ['with text that is not UTF-8', bytes('X', le(1, 4), 0xff), 'bad-pickle', 'not UTF-8'],
    ['with an endless name', bytes(`c${'a'.repeat(5000)}`), 'bad-pickle', 'longer than 256'],
    ['that is a number', op.int(1), 'bad-pickle', 'no dictionary'],
    [
      'that holds other things than tensors',
      op.dict(op.text('epoch'), op.int(3)),
      'bad-pickle',
      '"epoch" that is no tensor',
    ],
    ['with a name that is no text', op.dict(op.int(3), 'N'), 'bad-pickle', '"3" that is no tensor'],
  ])('%s is refused, and nothing runs', async (_, operations, code, message) => {
    const file = legacyFile(pickle(operations));
    await expect(openTorch(file)).rejects.toMatchObject({ code });
    await expect(openTorch(file)).rejects.toThrow(message);
    const zip = zipFile([{ name: 'a/data.pkl', content: pickle(operations) }]);
    await expect(openTorch(zip)).rejects.toMatchObject({ name: 'CheckpointError' });
    expect(existsSync(CANARY)).toBe(false);
  });

  test.each([
    ['that gives no protocol', bytes('.'), 'does not begin with a protocol number'],
    ['of protocol 1', bytes(0x80, 1, '}.'), 'protocol 1 is not supported'],
    ['of protocol 6', bytes(0x80, 6, '}.'), 'protocol 6 is not supported'],
  ])('%s is refused', async (_, content, message) => {
    for (const file of [legacyFile(content), zipFile([{ name: 'a/data.pkl', content }])]) {
      await expect(openTorch(file)).rejects.toMatchObject({ code: 'bad-pickle' });
      await expect(openTorch(file)).rejects.toThrow(message);
    }
  });

  test('without STOP is refused, in a zip and before another pickle', async () => {
    const endless = pickle('}').subarray(0, -1);
    const zip = zipFile([{ name: 'a/data.pkl', content: endless }]);
    await expect(openTorch(zip)).rejects.toThrow('its data.pkl is cut short');
    await expect(openTorch(legacyFile(endless))).rejects.toThrow('opcode 0x80 at byte');
  });

  test('hidden behind the state dict is refused', async () => {
    const evil = pickle(op.reduce(op.global('os', 'system'), command));
    await expect(openTorch(bytes(legacyFile(pickle('}')), evil))).rejects.toMatchObject({
      code: 'trailing-bytes',
    });
    const zip = zipFile([{ name: 'a/data.pkl', content: bytes(pickle('}'), evil) }]);
    await expect(openTorch(zip)).rejects.toThrow('bytes behind its end');
  });

  test('in the place of the magic number, the system or the key list is refused', async () => {
    const evil = pickle(op.reduce(op.global('os', 'system'), command));
    await expect(openTorch(evil)).rejects.toMatchObject({ code: 'forbidden-global' });
    await expect(openTorch(pickle(op.int(1)))).rejects.toMatchObject({ code: 'unknown-format' });
    const call = op.reduce(op.global('collections', 'OrderedDict'), ')');
    await expect(openTorch(legacyFile(pickle('}'), {}, call))).rejects.toMatchObject({
      code: 'forbidden-global',
    });
    await expect(openTorch(legacyFile(pickle('}'), {}, storage('0', 1)))).rejects.toMatchObject({
      name: 'CheckpointError',
    });
  });

  test('that doubles a list through its memo costs no more than its bytes', async () => {
    // l = []; fifty times l = [l, l]: 2^50 leaves if anyone walked them
    const bomb = bytes(
      ']q',
      0,
      ...Array.from({ length: 50 }, (_, i) => bytes('](h', i, 'h', i, 'eq', i + 1)),
    );
    await expect(openTorch(legacyFile(pickle(op.dict(op.text('w'), bomb))))).rejects.toMatchObject({
      code: 'bad-pickle',
    });
  });

  test.each([
    ['ten million marks', 0x28, 'more than 4000000 steps'],
    ['ten million dictionaries', 0x7d, 'more than 200000 dictionaries'],
  ])('of %s ends in bounded time and memory', async (_, opcode, message) => {
    const file = legacyFile(bytes(op.proto(), new Uint8Array(1e7).fill(opcode)));
    await expect(openTorch(file)).rejects.toThrow(message);
  });

  test('cut anywhere is refused', async () => {
    const good = fixture('torch-legacy.bin');
    for (let length = 0; length < good.length; length += 23) {
      await expect(openTorch(good.subarray(0, length))).rejects.toMatchObject({
        name: 'CheckpointError',
      });
    }
  });
});
