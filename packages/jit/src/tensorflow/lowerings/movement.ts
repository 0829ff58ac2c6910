// Kernels that move values → TensorFlow.

import type { Value } from '../../graph.js';
import type { Term, TermSpec } from '../builder.js';
import { type LoweringTable, lower } from '../lowering.js';

const INDEX = { Index: { type: 'int32' } } as const;
const PADDINGS = { Tpaddings: { type: 'int32' } } as const;

export const MOVEMENT: LoweringTable = {
  Reshape: (tf, { inputs: [x], outputs: [y] }) => tf.reshape(tf.form(x), y.shape),
  Transpose: lower<{ perm: number[] }>((tf, { inputs: [x], outputs: [y], attrs: { perm } }) => {
    const form = tf.form(x);
    return tf.op('Transpose', [form, tf.ints(perm)], like(form, y), { Tperm: { type: 'int32' } });
  }),
  BroadcastTo: (tf, { inputs: [x], outputs: [y] }) =>
    tf.op('BroadcastTo', [tf.term(x), tf.ints(y.shape)], y, { Tidx: { type: 'int32' } }),
  Tile: lower<{ reps: number[] }>((tf, { inputs: [x], outputs: [y], attrs: { reps } }) =>
    tf.op('Tile', [tf.term(x), tf.ints(reps)], y, { Tmultiples: { type: 'int32' } }),
  ),
  Concat: lower<{ axis: number }>((tf, { inputs, outputs: [y], attrs: { axis } }) =>
    tf.op('ConcatV2', [...inputs.map((x) => tf.term(x)), tf.scalar(axis, 'int32')], y, {
      N: { int: inputs.length },
      Tidx: { type: 'int32' },
    }),
  ),
  SplitV: lower<{ sizes: number[]; axis: number }>((tf, { inputs: [x], outputs, attrs }) => {
    const form = tf.form(x);
    return tf.ops(
      'SplitV',
      [form, tf.ints(attrs.sizes), tf.scalar(attrs.axis, 'int32')],
      outputs.map((y) => like(form, y)),
      { num_split: { int: attrs.sizes.length }, Tlen: { type: 'int32' } },
    );
  }),
  Slice: lower<{ begin: number[]; size: number[] }>((tf, { inputs: [x], outputs: [y], attrs }) => {
    const form = tf.form(x);
    return tf.op('Slice', [form, tf.ints(attrs.begin), tf.ints(attrs.size)], like(form, y), INDEX);
  }),
  StridedSlice: lower<{ begin: number[]; end: number[]; strides: number[] }>(
    (tf, { inputs: [x], outputs: [y], attrs: { begin, end, strides } }) => {
      // An end before the first element cannot be written as a number: it would count from the back.
      const open = end.reduce((mask, value, axis) => (value < 0 ? mask | (1 << axis) : mask), 0);
      return tf.op(
        'StridedSlice',
        [tf.term(x), tf.ints(begin), tf.ints(end), tf.ints(strides)],
        y,
        {
          ...INDEX,
          begin_mask: { int: 0 },
          end_mask: { int: open },
          ellipsis_mask: { int: 0 },
          new_axis_mask: { int: 0 },
          shrink_axis_mask: { int: 0 },
        },
      );
    },
  ),
  PadV2: lower<{ paddings: [number, number][]; constantValue: number }>(
    (tf, { inputs: [x], outputs: [y], attrs: { paddings, constantValue } }) =>
      tf.op(
        'PadV2',
        [
          tf.term(x),
          tf.constant(paddings.flat(), [paddings.length, 2], 'int32'),
          tf.scalar(constantValue, x.dtype),
        ],
        y,
        PADDINGS,
      ),
  ),
  MirrorPad: lower<{ paddings: [number, number][]; mode: string }>(
    (tf, { inputs: [x], outputs: [y], attrs: { paddings, mode } }) =>
      tf.op(
        'MirrorPad',
        [tf.term(x), tf.constant(paddings.flat(), [paddings.length, 2], 'int32')],
        y,
        {
          ...PADDINGS,
          mode: mode.toUpperCase(),
        },
      ),
  ),
  Reverse: lower<{ dims: number[] }>((tf, { inputs: [x], outputs: [y], attrs: { dims } }) =>
    tf.op('ReverseV2', [tf.term(x), tf.ints(dims)], y, { Tidx: { type: 'int32' } }),
  ),
};

/** What a lowering that only moves `form` makes: its type, the result's shape. */
const like = ({ dtype }: Term, { shape }: Value): TermSpec => ({ dtype, shape });
