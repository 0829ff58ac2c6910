// A pickle machine that can execute nothing.
//
// Pickle is a program for a stack machine; the danger is in its two ways to call things. Here a global is only a
// name, checked against an allow-list, and a call goes to a function of the caller that knows those names. Opcodes
// are those that `torch.save` writes (protocols 2 to 4; https://docs.python.org/3/library/pickletools.html); every
// other one is refused. The number of steps and of dictionaries is limited, so that memory is.

import { CheckpointError } from './checkpoint-error.js';

/** The name of a Python object. Never anything callable. */
export class PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Dictionaries become maps, lists and tuples arrays, None null; integers beyond 2^53 bigint. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleGlobal
  | readonly PickleValue[]
  | Map<PickleValue, PickleValue>
  | object; // what `call` and `persistent` return

export interface PickleRules {
  /** File, for messages. */
  readonly path: string;
  /** Names that may occur, as `module.name`. */
  readonly allowed: ReadonlySet<string>;
  /** Stands in for calling an allowed name. */
  readonly call: (name: string, args: readonly PickleValue[]) => PickleValue;
  /** Stands in for loading a persistent id. */
  readonly persistent: (id: PickleValue) => PickleValue;
}

const MARK = Symbol('mark');
const MAX_NAME = 256;
const MAX_LONG_BYTES = 16;
// A byte of pickle can make an object of a hundred: real state dicts take some 40 steps for a tensor.
const MAX_STEPS = 4_000_000;
const MAX_DICTIONARIES = 200_000;

/** Runs out of bytes before the pickle ends: the caller may come back with more. */
export class PickleEnd extends Error {}

/**
 * Runs one pickle.
 *
 * @returns its value, and the offset behind its STOP
 * @throws CheckpointError `forbidden-global`, `forbidden-opcode`, `bad-pickle`; {@link PickleEnd} at the end of `bytes`
 */
export function unpickle(
  bytes: Uint8Array,
  begin: number,
  rules: PickleRules,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new PickleMachine(bytes, begin, rules);
  return { value: machine.run(), end: machine.at };
}

class PickleMachine {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rules: PickleRules;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #dictionaries = 0;

  constructor(bytes: Uint8Array, begin: number, rules: PickleRules) {
    this.at = begin;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#rules = rules;
  }

  run(): PickleValue {
    if (this.#byte() !== 0x80) throw this.#fault('it does not begin with a protocol number');
    const protocol = this.#byte();
    if (protocol < 2 || protocol > 5) throw this.#fault(`protocol ${protocol} is not supported`);
    for (let steps = 0; ; steps++) {
      if (steps === MAX_STEPS) throw this.#fault(`it takes more than ${MAX_STEPS} steps`);
      const opcode = this.#byte();
      if (opcode === 0x2e) break; // STOP
      this.#step(opcode);
    }
    const value = this.#pop();
    if (this.#stack.length > 0) throw this.#fault('it leaves values on the stack');
    return value;
  }

  #step(opcode: number): void {
    const stack = this.#stack;
    switch (opcode) {
      case 0x28: // MARK
        stack.push(MARK);
        return;
      case 0x4e: // NONE
        stack.push(null);
        return;
      case 0x88: // NEWTRUE
        stack.push(true);
        return;
      case 0x89: // NEWFALSE
        stack.push(false);
        return;
      case 0x4b: // BININT1
        stack.push(this.#byte());
        return;
      case 0x4d: // BININT2
        stack.push(this.#view.getUint16(this.#skip(2), true));
        return;
      case 0x4a: // BININT
        stack.push(this.#view.getInt32(this.#skip(4), true));
        return;
      case 0x8a: // LONG1
        stack.push(this.#long(this.#byte()));
        return;
      case 0x47: // BINFLOAT
        stack.push(this.#view.getFloat64(this.#skip(8), false));
        return;
      case 0x58: // BINUNICODE
        stack.push(this.#text(this.#view.getUint32(this.#skip(4), true)));
        return;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(this.#text(this.#byte()));
        return;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        return;
      case 0x7d: // EMPTY_DICT
        stack.push(this.#dictionary());
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(this.#popSeveral(opcode - 0x84));
        return;
      case 0x74: // TUPLE
        stack.push(this.#popToMark());
        return;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        return;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#popSeveral(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        return;
      case 0x71: // BINPUT
        this.#memo.set(this.#byte(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#view.getUint32(this.#skip(4), true), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x68: // BINGET
        stack.push(this.#remembered(this.#byte()));
        return;
      case 0x6a: // LONG_BINGET
        stack.push(this.#remembered(this.#view.getUint32(this.#skip(4), true)));
        return;
      case 0x95: // FRAME: a hint for reading ahead
        this.#skip(8);
        return;
      case 0x63: // GLOBAL
        stack.push(this.#global(this.#line(), this.#line()));
        return;
      case 0x93: // STACK_GLOBAL
        stack.push(this.#globalOf(this.#popSeveral(2)));
        return;
      case 0x69: // INST: would call; refused by name
        throw this.#refusedCall(this.#global(this.#line(), this.#line()).name);
      case 0x52: // REDUCE
        this.#reduce(this.#popSeveral(2));
        return;
      case 0x62: // BUILD
        this.#build();
        return;
      case 0x51: // BINPERSID
        stack.push(this.#rules.persistent(this.#pop()));
        return;
      default:
        throw this.#refusedOpcode(opcode);
    }
  }

  #reduce([callee, args]: readonly PickleValue[]): void {
    if (!(callee instanceof PickleGlobal)) throw this.#fault('it calls what is not a name');
    if (!Array.isArray(args)) throw this.#fault(`it calls ${callee.name} without a tuple`);
    const value = this.#rules.call(callee.name, args);
    this.#stack.push(value instanceof Map ? this.#dictionary() : value);
  }

  #dictionary(): Map<PickleValue, PickleValue> {
    if (++this.#dictionaries > MAX_DICTIONARIES) {
      throw this.#fault(`it makes more than ${MAX_DICTIONARIES} dictionaries`);
    }
    return new Map();
  }

  // PyTorch hangs `_metadata` on a state dict this way: attributes of a dictionary, of no use here.
  #build(): void {
    const state = this.#pop();
    if (!(this.#top() instanceof Map) || !(state instanceof Map)) {
      throw this.#fault('it sets the state of something other than a dictionary');
    }
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#fault('it appends to what is not a list');
    for (const value of values) list.push(value);
  }

  #setItems(pairs: readonly PickleValue[]): void {
    const map = this.#top();
    if (!(map instanceof Map)) throw this.#fault('it sets items of what is not a dictionary');
    if (pairs.length % 2 !== 0) throw this.#fault('it sets an item without a value');
    for (let i = 0; i < pairs.length; i += 2) {
      if (map.has(pairs[i])) throw this.#fault(`a dictionary has "${String(pairs[i])}" twice`);
      map.set(pairs[i], pairs[i + 1]);
    }
  }

  #globalOf([module, name]: readonly PickleValue[]): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw this.#fault('it names a global by something other than text');
    }
    return this.#global(module, name);
  }

  #global(module: string, name: string): PickleGlobal {
    const full = `${module}.${name}`;
    if (this.#rules.allowed.has(full)) return new PickleGlobal(full);
    throw new CheckpointError(
      'forbidden-global',
      `refused to load ${this.#rules.path}: it asks for the Python object ${JSON.stringify(full.slice(0, MAX_NAME))}, ` +
        'which is not among those that weights need; nothing was executed.\n' +
        'If you trust its author: load it in Python and save `model.state_dict()` as safetensors.',
    );
  }

  #refusedCall(name: string): CheckpointError {
    return new CheckpointError(
      'forbidden-opcode',
      `refused to load ${this.#rules.path}: it makes an object of ${name} by INST; nothing was executed.\n` +
        'Weights do not need this opcode; do not trust the file.',
    );
  }

  #refusedOpcode(opcode: number): CheckpointError {
    const hex = opcode.toString(16).padStart(2, '0');
    return new CheckpointError(
      'forbidden-opcode',
      `refused to load ${this.#rules.path}: opcode 0x${hex} at byte ${this.at - 1} ` +
        'is not among those that weights need; nothing was executed.\n' +
        'The file is damaged, or holds more than weights: save `model.state_dict()` alone.',
    );
  }

  #remembered(key: number): PickleValue {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#fault(`it recalls entry ${key}, which it never stored`);
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.#fault('its stack is empty');
    return value as PickleValue; // a symbol other than MARK is never pushed
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popSeveral(count: number): PickleValue[] {
    const values = Array.from({ length: count }, () => this.#pop());
    return values.reverse();
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#fault('it has no mark to go back to');
    const values = this.#stack.splice(mark + 1) as PickleValue[]; // no mark behind the last one
    this.#stack.pop();
    return values;
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)];
  }

  #skip(count: number): number {
    const begin = this.at;
    if (begin + count > this.#bytes.length) throw new PickleEnd('the bytes end inside a pickle');
    this.at += count;
    return begin;
  }

  #long(length: number): number | bigint {
    if (length > MAX_LONG_BYTES) throw this.#fault(`it holds an integer of ${length} bytes`);
    const begin = this.#skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[begin + i]);
    value = BigInt.asIntN(length * 8, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #text(length: number): string {
    const begin = this.#skip(length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(begin, begin + length),
      );
    } catch {
      throw this.#fault(`the text at byte ${begin} is not UTF-8`);
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0 || end - this.at > MAX_NAME) {
      if (this.#bytes.length - this.at <= MAX_NAME) throw new PickleEnd('the bytes end in a name');
      throw this.#fault(`a name is longer than ${MAX_NAME} bytes`);
    }
    const text = this.#text(end - this.at);
    this.at++;
    return text;
  }

  #fault(what: string): CheckpointError {
    return new CheckpointError(
      'bad-pickle',
      `cannot read the pickle in ${this.#rules.path}: ${what} (at byte ${this.at}).\n` +
        'The file is damaged or was not written by torch.save.',
    );
  }
}
