// Example columns as Arrow record batches, in the layout that Hugging Face datasets writes.
//
// input_ids FixedSizeList<uint16 | uint32>[L], length and segment_split uint8 or uint16, doc uint32; the schema
// metadata key "huggingface" describes the same as dataset features. A stream is header, batches, end mark.

import {
  Field,
  FixedSizeList,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Uint8,
  Uint16,
  Uint32,
} from 'apache-arrow';
import type { ExampleColumns } from './example-columns.js';

export interface ExampleLayout {
  /** L, positions of a row. */
  readonly length: number;
  readonly vocabularySize: number;
}

/** The eight bytes that end an Arrow stream. Readers do not miss them: a cut between batches goes unnoticed. */
export const END_OF_STREAM: Uint8Array = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);

/** The dataset features of the columns, as Hugging Face datasets spells them (the old name of List included). */
export function features({ length, vocabularySize }: ExampleLayout): Record<string, unknown> {
  const value = (dtype: string): unknown => ({ dtype, _type: 'Value' });
  const position = value(length < 256 ? 'uint8' : 'uint16');
  return {
    input_ids: {
      feature: value(vocabularySize > 65_536 ? 'uint32' : 'uint16'),
      length,
      _type: 'Sequence',
    },
    length: position,
    segment_split: position,
    doc: value('uint32'),
  };
}

function schemaOf(layout: ExampleLayout): Schema {
  const position = layout.length < 256 ? new Uint8() : new Uint16();
  const token = layout.vocabularySize > 65_536 ? new Uint32() : new Uint16();
  const metadata = new Map([
    ['huggingface', JSON.stringify({ info: { features: features(layout) } })],
  ]);
  return new Schema(
    [
      new Field(
        'input_ids',
        new FixedSizeList(layout.length, new Field('item', token, true)),
        true,
      ),
      new Field('length', position, true),
      new Field('segment_split', position, true),
      new Field('doc', new Uint32(), true),
    ],
    metadata,
  );
}

/** A record batch message and its columns, which are views of it. */
interface OpenMessage {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly ids: Uint16Array;
  readonly lengths: Uint8Array | Uint16Array;
  readonly splits: Uint8Array | Uint16Array;
  readonly documents: Uint32Array;
}

/** Writes and reads record batches of one layout. */
export class ExampleFormat {
  readonly layout: ExampleLayout;
  /** The schema message that opens every stream of this layout. */
  readonly header: Uint8Array;
  readonly #schema: Schema;
  /** Written last: another of as many rows differs in its columns alone. */
  #last: OpenMessage | undefined;

  constructor(layout: ExampleLayout) {
    this.layout = layout;
    this.#schema = schemaOf(layout);
    const empty = new RecordBatchStreamWriter();
    empty.reset(undefined, this.#schema);
    empty.close();
    const bytes = empty.toUint8Array(true);
    this.header = bytes.slice(0, bytes.length - END_OF_STREAM.length);
  }

  /** The record batch message of these rows, without header and end mark: a view, valid until the next call. */
  encode(columns: ExampleColumns): Uint8Array {
    const last = this.#last;
    if (last?.rows !== columns.rows) {
      this.#last = this.#open(this.#write(columns));
      return this.#last.bytes;
    }
    last.ids.set(columns.ids);
    last.lengths.set(columns.lengths);
    last.splits.set(columns.splits);
    last.documents.set(columns.documents);
    return last.bytes;
  }

  /** The rows of a record batch message: views into a private copy. */
  decode(message: Uint8Array): ExampleColumns {
    const { rows, ids, lengths, splits, documents } = this.#open(message);
    const wide = (values: Uint8Array | Uint16Array): Uint16Array =>
      values instanceof Uint16Array ? values : Uint16Array.from(values);
    return { rows, ids, lengths: wide(lengths), splits: wide(splits), documents };
  }

  #write({ rows, ids, lengths, splits, documents }: ExampleColumns): Uint8Array {
    const { length } = this.layout;
    const [list, position] = this.#schema.fields.map((field) => field.type);
    const positions = (values: Uint16Array): Uint8Array | Uint16Array =>
      length < 256 ? new Uint8Array(values) : values;
    const token = (list as FixedSizeList).children[0]?.type;
    const children = [
      makeData({
        type: list as FixedSizeList,
        length: rows,
        nullCount: 0,
        child: makeData({
          type: token as Uint16,
          length: rows * length,
          nullCount: 0,
          data: ids as Uint16Array,
        }),
      }),
      makeData({
        type: position as Uint8,
        length: rows,
        nullCount: 0,
        data: positions(lengths) as Uint8Array,
      }),
      makeData({
        type: position as Uint8,
        length: rows,
        nullCount: 0,
        data: positions(splits) as Uint8Array,
      }),
      makeData({ type: new Uint32(), length: rows, nullCount: 0, data: documents }),
    ];
    const struct = makeData({
      type: new Struct(this.#schema.fields),
      length: rows,
      nullCount: 0,
      children,
    });
    const writer = new RecordBatchStreamWriter();
    writer.reset(undefined, this.#schema);
    writer.write(new RecordBatch(this.#schema, struct));
    writer.close();
    const bytes = writer.toUint8Array(true);
    return bytes.subarray(this.header.length, bytes.length - END_OF_STREAM.length);
  }

  /** A private copy of a message. */
  #open(message: Uint8Array): OpenMessage {
    const start = this.header.length;
    const end = start + message.length;
    const stream = new Uint8Array(end + END_OF_STREAM.length);
    stream.set(this.header);
    stream.set(message, start);
    stream.set(END_OF_STREAM, end);
    const [batch] = [...RecordBatchReader.from(stream)];
    if (!batch) throw new RangeError('owt-loader: an Arrow message holds no record batch.');
    const [list, lengths, splits, documents] = batch.data.children;
    const rows = batch.numRows;
    return {
      bytes: stream.subarray(start, end),
      rows,
      ids: valuesOf<Uint16Array>(list?.children[0]).subarray(0, rows * this.layout.length),
      lengths: valuesOf<Uint8Array>(lengths).subarray(0, rows),
      splits: valuesOf<Uint8Array>(splits).subarray(0, rows),
      documents: valuesOf<Uint32Array>(documents).subarray(0, rows),
    };
  }
}

/** The values of a column whose type the layout fixes. */
function valuesOf<Values>(column: { readonly values: unknown } | undefined): Values {
  if (!column) throw new RangeError('owt-loader: an Arrow record batch lacks a column.');
  return column.values as Values;
}
