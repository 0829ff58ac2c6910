// Recording rules of kernels that move values without computing: shapes, slices, joins, copies.

import * as tf from '@tensorflow/tfjs-core';
import {
  constantArray,
  type GraphBuilder,
  type KernelRule,
  rule,
  uniformOf,
  type Value,
} from '../graph.js';
import { sameShape, sizeOf } from '../host-tensor.js';

type Shape = readonly number[];

export const MOVEMENT: Record<string, KernelRule> = {
  Reshape: rule<{ shape: number[] }>(['x'], (graph, [x], { shape }) => reshape(graph, x, shape)),
  ExpandDims: rule<{ dim: number }>(['input'], expandDims),
  Transpose: rule<{ perm: number[] }>(['x'], transpose),
  BroadcastTo: rule<{ shape: number[] }>(['x'], broadcastTo),
  Tile: rule<{ reps: number[] }>(['x'], tile),
  Concat: rule<{ axis: number }>('list', concat),
  Pack: rule<{ axis: number }>('list', pack),
  Unpack: rule<{ axis: number }>(['value'], unpack, { many: true }),
  SplitV: rule<{ numOrSizeSplits: number | number[]; axis: number }>(['x'], split, { many: true }),
  Slice: rule<{ begin: number | number[]; size: number | number[] }>(['x'], slice),
  StridedSlice: rule<StridedSliceAttrs>(['x'], stridedSlice),
  PadV2: rule<{ paddings: [number, number][]; constantValue: number }>(['x'], pad),
  MirrorPad: rule<{ paddings: [number, number][]; mode: string }>(['x'], mirrorPad),
  Reverse: rule<{ dims: number | number[] }>(['x'], reverse),
  SpaceToBatchND: rule<{ blockShape: number[]; paddings: [number, number][] }>(['x'], spaceToBatch),
  BatchToSpaceND: rule<{ blockShape: number[]; crops: number[][] }>(['x'], batchToSpace),
  Range: rule<{ start: number; stop: number; step: number; dtype: 'float32' | 'int32' }>(
    [],
    (graph, _, { start, stop, step, dtype }) => {
      // Downwards without a step means by -1, as in TensorFlow.js.
      const by = stop < start && step === 1 ? -1 : step;
      const count = Math.max(0, Math.ceil((stop - start) / by));
      return graph.constant(
        Float64Array.from({ length: count }, (_, i) => start + i * by),
        [count],
        dtype,
      );
    },
  ),
  LinSpace: rule<{ start: number; stop: number; num: number }>([], (graph, _, attrs) => {
    const step = (attrs.stop - attrs.start) / (attrs.num - 1);
    const values = Float64Array.from(
      { length: attrs.num },
      (_, i) => attrs.start + (i && i * step),
    );
    return graph.constant(values, [attrs.num], 'float32');
  }),
};

interface StridedSliceAttrs {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/** The node that made `x`, when it is `op`; lets two movements merge into one. */
function madeBy(graph: GraphBuilder, x: Value, op: string): readonly Value[] | undefined {
  return graph.producer(x)?.op === op ? graph.producer(x)?.inputs : undefined;
}

function reshape(graph: GraphBuilder, x: Value, wanted: Shape): Value {
  const shape = tf.util.inferFromImplicitShape([...wanted], sizeOf(x.shape));
  tf.util.assert(
    sizeOf(shape) === sizeOf(x.shape),
    () => `jit: cannot reshape [${x.shape}] into [${shape}]: the sizes differ.`,
  );
  if (sameShape(x.shape, shape)) return x;
  const uniform = uniformOf(x);
  if (uniform !== undefined) return graph.splat(uniform, shape, x.dtype);
  const known = constantArray(x);
  if (known) return graph.constant(known, shape, x.dtype);
  const source = madeBy(graph, x, 'Reshape')?.[0] ?? x;
  if (sameShape(source.shape, shape)) return source;
  return graph.node('Reshape', [source], { shape }, [{ shape, dtype: x.dtype }])[0];
}

function expandDims(graph: GraphBuilder, [x]: readonly Value[], { dim }: { dim: number }): Value {
  tf.util.assert(
    dim >= -(x.shape.length + 1) && dim <= x.shape.length,
    () => `Axis must be in the interval [${-(x.shape.length + 1)}, ${x.shape.length}]`,
  );
  const shape = [...x.shape];
  shape.splice(dim < 0 ? x.shape.length + dim + 1 : dim, 0, 1);
  return reshape(graph, x, shape);
}

function transpose(
  graph: GraphBuilder,
  [x]: readonly Value[],
  { perm }: { perm: number[] },
): Value {
  const shape = perm.map((axis) => x.shape[axis] as number);
  const uniform = uniformOf(x);
  if (uniform !== undefined) return graph.splat(uniform, shape, x.dtype);
  if (perm.every((axis, index) => axis === index)) return x;
  // Only axes of length one move: the memory stays as it is.
  const moved = perm.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, index) => index === 0 || axis > (moved[index - 1] as number))) {
    return reshape(graph, x, shape);
  }
  const inner = graph.producer(x);
  if (inner?.op === 'Transpose') {
    const first = inner.attrs.perm as number[];
    return transpose(graph, inner.inputs, { perm: perm.map((axis) => first[axis] as number) });
  }
  return graph.node('Transpose', [x], { perm }, [{ shape, dtype: x.dtype }])[0];
}

function broadcastTo(
  graph: GraphBuilder,
  [x]: readonly Value[],
  { shape }: { shape: Shape },
): Value {
  if (sameShape(x.shape, shape)) return x;
  const uniform = uniformOf(x);
  if (uniform !== undefined) return graph.splat(uniform, shape, x.dtype);
  return graph.node('BroadcastTo', [x], { shape }, [{ shape, dtype: x.dtype }])[0];
}

function tile(graph: GraphBuilder, [x]: readonly Value[], { reps }: { reps: number[] }): Value {
  const shape = x.shape.map((axis, index) => axis * (reps[index] as number));
  if (sameShape(shape, x.shape)) return x;
  // Repeating an axis of length one is a broadcast.
  if (x.shape.every((axis, index) => axis === 1 || reps[index] === 1)) {
    return broadcastTo(graph, [x], { shape });
  }
  const uniform = uniformOf(x);
  if (uniform !== undefined) return graph.splat(uniform, shape, x.dtype);
  return graph.node('Tile', [x], { reps }, [{ shape, dtype: x.dtype }])[0];
}

function concat(graph: GraphBuilder, inputs: readonly Value[], attrs: { axis: number }): Value {
  const axis = tf.util.parseAxisParam(attrs.axis, [...inputs[0].shape])[0] as number;
  tf.backend_util.assertParamsConsistent(
    inputs.map(({ shape }) => [...shape]),
    axis,
  );
  const given = inputs.filter(({ shape }) => shape[axis] > 0);
  if (given.length <= 1) return given[0] ?? inputs[0];
  const shape = [...given[0].shape];
  shape[axis] = given.reduce((sum, x) => sum + (x.shape[axis] as number), 0);
  return graph.node('Concat', given, { axis }, [{ shape, dtype: given[0].dtype }])[0];
}

function pack(graph: GraphBuilder, inputs: readonly Value[], { axis }: { axis: number }): Value {
  const at = axis < 0 ? inputs[0].shape.length + 1 + axis : axis;
  tf.util.assert(
    inputs.every(({ dtype }) => dtype === inputs[0].dtype),
    () => 'All tensors passed to stack must have matching dtypes',
  );
  return concat(
    graph,
    inputs.map((x) => expandDims(graph, [x], { dim: at })),
    { axis: at },
  );
}

function unpack(graph: GraphBuilder, [x]: readonly Value[], attrs: { axis: number }): Value[] {
  const axis = attrs.axis < 0 ? x.shape.length + attrs.axis : attrs.axis;
  const shape = x.shape.filter((_, index) => index !== axis);
  const parts = x.shape[axis] as number;
  return split(graph, [x], { numOrSizeSplits: parts, axis }).map((part) =>
    reshape(graph, part, shape),
  );
}

function split(
  graph: GraphBuilder,
  [x]: readonly Value[],
  attrs: { numOrSizeSplits: number | number[]; axis: number },
): readonly Value[] {
  const axis = tf.util.parseAxisParam(attrs.axis, [...x.shape])[0] as number;
  const like = { shape: [...x.shape] } as tf.Tensor; // only the shape is read
  const sizes = tf.backend_util.prepareSplitSize(like, attrs.numOrSizeSplits, axis);
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((size) => {
    const shape = [...x.shape];
    shape[axis] = size;
    return { shape, dtype: x.dtype };
  });
  const uniform = uniformOf(x);
  if (uniform !== undefined)
    return outputs.map(({ shape }) => graph.splat(uniform, shape, x.dtype));
  return graph.node('SplitV', [x], { sizes, axis }, outputs);
}

function slice(
  graph: GraphBuilder,
  [x]: readonly Value[],
  attrs: { begin: number | number[]; size: number | number[] },
): Value {
  // parseSliceParams reads nothing of the tensor but its shape.
  const [begin, size] = tf.slice_util.parseSliceParams(
    { shape: [...x.shape] } as tf.TensorInfo,
    attrs.begin,
    attrs.size,
  ) as [number[], number[]];
  tf.slice_util.assertParamsValid({ shape: [...x.shape] } as tf.TensorInfo, begin, size);
  if (sameShape(size, x.shape)) return x;
  const uniform = uniformOf(x);
  if (uniform !== undefined) return graph.splat(uniform, size, x.dtype);
  return graph.node('Slice', [x], { begin, size }, [{ shape: size, dtype: x.dtype }])[0];
}

function stridedSlice(graph: GraphBuilder, [x]: readonly Value[], attrs: StridedSliceAttrs): Value {
  const found = tf.slice_util.sliceInfo(
    [...x.shape],
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
  const { begin, end, strides, finalShape, finalShapeSparse } = found;
  if (found.isIdentity) return reshape(graph, x, finalShape);
  if (sizeOf(finalShape) === 0) return graph.splat(0, finalShape, x.dtype);
  if (found.sliceDim0 || found.isSimpleSlice) {
    const size = tf.slice_util.computeOutShape(begin, end, strides);
    return reshape(graph, slice(graph, [x], { begin, size }), finalShape);
  }
  const shape = x.shape.map((_, axis) =>
    Math.ceil(((end[axis] as number) - (begin[axis] as number)) / (strides[axis] as number)),
  );
  const output = {
    shape: sizeOf(shape) === sizeOf(finalShapeSparse) ? shape : finalShapeSparse,
    dtype: x.dtype,
  };
  const sliced = graph.node('StridedSlice', [x], { begin, end, strides }, [output])[0];
  return reshape(graph, sliced, finalShape);
}

function pad(
  graph: GraphBuilder,
  [x]: readonly Value[],
  { paddings, constantValue }: { paddings: [number, number][]; constantValue: number },
): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = padded(x, paddings);
  if (sizeOf(x.shape) === 0 || uniformOf(x) === constantValue)
    return graph.splat(constantValue, shape, x.dtype);
  return graph.node('PadV2', [x], { paddings, constantValue }, [{ shape, dtype: x.dtype }])[0];
}

function mirrorPad(
  graph: GraphBuilder,
  [x]: readonly Value[],
  attrs: { paddings: [number, number][]; mode: string },
): Value {
  return graph.node('MirrorPad', [x], attrs, [
    { shape: padded(x, attrs.paddings), dtype: x.dtype },
  ])[0];
}

const padded = (x: Value, paddings: readonly [number, number][]): number[] =>
  x.shape.map((axis, index) => axis + (paddings[index]?.[0] ?? 0) + (paddings[index]?.[1] ?? 0));

function reverse(
  graph: GraphBuilder,
  [x]: readonly Value[],
  attrs: { dims: number | number[] },
): Value {
  const dims = tf.util
    .parseAxisParam(attrs.dims, [...x.shape])
    .filter((axis) => x.shape[axis] !== 1);
  if (dims.length === 0 || x.shape.length === 0) return x;
  return graph.node('Reverse', [x], { dims }, [x])[0];
}

function spaceToBatch(
  graph: GraphBuilder,
  [x]: readonly Value[],
  { blockShape, paddings }: { blockShape: number[]; paddings: [number, number][] },
): Value {
  const block = blockShape.reduce((product, size) => product * size, 1);
  const all: [number, number][] = x.shape.map((_, axis) => paddings[axis - 1] ?? [0, 0]);
  all[0] = [0, 0];
  const full = pad(graph, [x], { paddings: all, constantValue: 0 });
  const rank = blockShape.length + 1;
  const apart = tf.backend_util.getReshaped([...full.shape], blockShape, block, false);
  const perm = tf.backend_util.getPermuted(apart.length, blockShape.length, false);
  const shape = tf.backend_util.getReshapedPermuted([...full.shape], blockShape, block, false);
  tf.util.assert(rank <= x.shape.length, () => 'jit: SpaceToBatchND: too many block axes.');
  return reshape(graph, transpose(graph, [reshape(graph, full, apart)], { perm }), shape);
}

function batchToSpace(
  graph: GraphBuilder,
  [x]: readonly Value[],
  { blockShape, crops }: { blockShape: number[]; crops: number[][] },
): Value {
  const block = blockShape.reduce((product, size) => product * size, 1);
  const apart = tf.backend_util.getReshaped([...x.shape], blockShape, block);
  const perm = tf.backend_util.getPermuted(apart.length, blockShape.length);
  const shape = tf.backend_util.getReshapedPermuted([...x.shape], blockShape, block);
  const begin = tf.backend_util.getSliceBeginCoords(crops, blockShape.length);
  const size = tf.backend_util.getSliceSize(shape, crops, blockShape.length);
  const whole = reshape(graph, transpose(graph, [reshape(graph, x, apart)], { perm }), shape);
  return slice(graph, [whole], { begin, size });
}
