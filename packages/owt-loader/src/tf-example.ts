// tf.Example messages in ELECTRA's schema: three int64 lists of L, input_ids, input_mask, segment_ids.

import protobuf from 'protobufjs/minimal.js';
import { ShardError } from './shard-error.js';

export interface ElectraExample {
  /** [L] */
  readonly inputIds: ArrayLike<number>;
  /** [L], 1 for a token */
  readonly inputMask: ArrayLike<number>;
  /** [L], 1 in segment B */
  readonly segmentIds: ArrayLike<number>;
}

const KEYS = ['input_ids', 'input_mask', 'segment_ids'] as const;

/** One serialized tf.Example. */
export function encodeExample({ inputIds, inputMask, segmentIds }: ElectraExample): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(10).fork(); // Example.features
  for (const [i, values] of [inputIds, inputMask, segmentIds].entries()) {
    writer.uint32(10).fork(); // Features.feature: a map entry
    writer.uint32(10).string(KEYS[i] ?? ''); // its key
    writer.uint32(18).fork(); // its value, a Feature
    writer.uint32(26).fork(); // Feature.int64_list
    writer.uint32(10).fork(); // Int64List.value, packed; ids are not negative, so uint32 writes the same bytes
    for (let j = 0; j < values.length; j++) writer.uint32(values[j] ?? 0);
    writer.ldelim().ldelim().ldelim().ldelim();
  }
  return writer.ldelim().finish();
}

/**
 * Parses a tf.Example.
 *
 * @throws ShardError `format` if one of the three lists is absent or they differ in length
 */
export function decodeExample(bytes: Uint8Array, name: string): ElectraExample {
  const lists = new Map<string, number[]>();
  try {
    fields(protobuf.Reader.create(bytes), 1, (features) =>
      fields(features, 1, (entry) => {
        let key = '';
        let values: number[] = [];
        walk(entry, (field, reader) => {
          if (field === 1) key = reader.string();
          else if (field === 2) fields(nested(reader), 3, (list) => (values = int64s(list)));
          else return false;
          return true;
        });
        lists.set(key, values);
      }),
    );
  } catch (error) {
    throw notElectra(name, `bytes that are no tf.Example (${String(error)})`, error);
  }
  const [inputIds, inputMask, segmentIds] = KEYS.map((key) => lists.get(key));
  if (!inputIds || !inputMask || !segmentIds)
    throw notElectra(name, `the features ${[...lists.keys()].join(', ') || '(none)'}`);
  if (inputMask.length !== inputIds.length || segmentIds.length !== inputIds.length)
    throw notElectra(
      name,
      `lists of ${inputIds.length}, ${inputMask.length} and ${segmentIds.length}`,
    );
  return { inputIds, inputMask, segmentIds };
}

type Visit = (field: number, reader: protobuf.Reader, wire: number) => boolean;

/** Calls `visit` for each field; one it does not take is passed over. */
function walk(reader: protobuf.Reader, visit: Visit): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!visit(tag >>> 3, reader, tag & 7)) reader.skipType(tag & 7);
  }
}

/** Calls `visit` with each nested message under one field number. */
function fields(
  reader: protobuf.Reader,
  number: number,
  visit: (message: protobuf.Reader) => void,
): void {
  walk(reader, (field, inner, wire) => {
    if (field !== number || wire !== 2) return false;
    visit(nested(inner));
    return true;
  });
}

function nested(reader: protobuf.Reader): protobuf.Reader {
  return protobuf.Reader.create(reader.bytes());
}

function int64s(reader: protobuf.Reader): number[] {
  const values: number[] = [];
  walk(reader, (field, list, wire) => {
    if (field !== 1) return false;
    const end = wire === 2 ? list.uint32() + list.pos : list.pos + 1;
    while (list.pos < end) values.push(list.uint32());
    return true;
  });
  return values;
}

function notElectra(name: string, found: string, cause?: unknown): ShardError {
  return new ShardError(
    `${name} is not an example of ELECTRA: found ${found}, expected ${KEYS.join(', ')}, three int64 lists of one length.`,
    { code: 'format', file: name, found, expected: KEYS.join(', ') },
    cause,
  );
}
