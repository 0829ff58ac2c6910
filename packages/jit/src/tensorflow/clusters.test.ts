import { describe, expect, test } from '@jest/globals';
import type { TermSpec } from './builder.js';
import { clustersOf } from './clusters.js';
import { fuseClusters } from './fuse-clusters.js';
import type { TfNode } from './graph-def.js';

const node = (name: string, op: string, ...inputs: string[]): TfNode => ({
  name,
  op,
  inputs,
  attributes: {},
});

/** Names beginning with s are scalars, with t truth values, with l of low precision; all are big arrays but the scalars. */
function specOf(ref: string): TermSpec {
  const dtype = ref.startsWith('t') ? 'bool' : ref.startsWith('l') ? 'bfloat16' : 'float32';
  return { dtype, shape: ref.startsWith('s') ? [] : [512, 512] };
}

const clusters = (...nodes: TfNode[]): string[][] =>
  clustersOf(nodes, specOf).map((cluster) => cluster.map(({ name }) => name));

describe('a cluster', () => {
  test('is a chain of element-wise nodes', () => {
    const found = clusters(
      node('x', 'Placeholder'),
      node('a', 'Exp', 'x'),
      node('b', 'Mul', 'a', 'x'),
      node('p', 'MatMul', 'b', 'b'),
      node('c', 'Sqrt', 'p'),
      node('d', 'AddV2', 'c', 'p'),
    );
    expect(found).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('never spans a node that needs one part of it and is needed by another', () => {
    const found = clusters(
      node('x', 'Placeholder'),
      node('a', 'Exp', 'x'),
      node('b', 'Square', 'a'),
      node('p', 'MatMul', 'a', 'a'),
      node('c', 'Mul', 'b', 'p'), // reads b, and through the product a
      node('d', 'Neg', 'c'),
    );
    expect(found).toEqual([['b', 'c', 'd']]); // with a, p would need the cluster that needs p
  });

  test('takes in what comes from the state alone where it is needed, not before', () => {
    const found = clusters(
      node('m', 'ReadVariableOp', 'state_0'),
      node('w', 'ReadVariableOp', 'state_1'),
      node('a', 'Mul', 'm', 'm'),
      node('p', 'MatMul', 'w', 'w'),
      node('g', 'Neg', 'p'),
      node('b', 'AddV2', 'a', 'g'),
    );
    expect(found).toEqual([['a', 'g', 'b']]);
  });

  test('lets a node wait for its reader where that keeps no more in memory', () => {
    const found = clusters(
      node('x', 'Placeholder'),
      node('e', 'Exp', 'x'),
      node('m', 'Sum', 'e'),
      node('d', 'Sub', 'e', 'm'), // could be computed with m alone
      node('v', 'MatMul', 'm', 'm'),
      node('r', 'Rsqrt', 'v'),
      node('y', 'Mul', 'd', 'r'),
    );
    expect(found).toEqual([['d', 'r', 'y']]);
  });

  test('adds up products of different times at once', () => {
    const found = clusters(
      node('x', 'Placeholder'),
      node('e', 'Exp', 'x'),
      node('p', 'MatMul', 'e', 'e'),
      node('q', 'MatMul', 'p', 'p'),
      node('a', 'AddV2', 'p', 'q'),
      node('r', 'MatMul', 'q', 'q'),
      node('b', 'AddV2', 'a', 'r'),
    );
    expect(found).toEqual([['a', 'b']]);
  });

  test.each<[string, TfNode[]]>([
    ['scalars', [node('s0', 'Placeholder'), node('s1', 'Exp', 's0'), node('s2', 'Neg', 's1')]],
    ['truth values', [node('t0', 'Placeholder'), node('x', 'Cast', 't0'), node('y', 'Neg', 'x')]],
    ['a node by itself', [node('x', 'Placeholder'), node('y', 'Neg', 'x')]],
  ])('is not made of %s', (_, nodes) => {
    expect(clusters(...nodes)).toEqual([]);
  });
});

describe('fusing', () => {
  const layer = (name: string, input: string): TfNode[] => [
    node(`${name}1`, 'Exp', input),
    node(`${name}2`, 'Mul', `${name}1`, 's'),
    node(`${name}3`, 'MatMul', `${name}2`, `${name}2`),
  ];
  const nodes = [
    node('x', 'Placeholder'),
    node('s', 'Const'),
    ...layer('a', 'x'),
    ...layer('b', 'a3'),
    node('barrier', 'NoOp', '^b1', '^b2', '^x'),
    node('out', 'Identity', 'b1', '^barrier'),
  ];
  const fused = fuseClusters(nodes, specOf);
  const call = (name: string): TfNode | undefined =>
    fused.nodes.find((each) => each.name === `${name}1_fused`);

  test('compiles equal chains once and takes scalars into the function', () => {
    expect(fused.functions.map((each) => each.nodes.map(({ op }) => op))).toEqual([
      ['Exp', 'Const', 'Mul'],
      ['Exp', 'Const', 'Mul'],
    ]); // the second layer gives two results, so it is another function
    expect(call('a')?.inputs).toEqual(['x']);
    expect(call('b')?.inputs).toEqual(['a3']);
  });

  test('sends readers to the call, whichever result they read', () => {
    const find = (name: string): TfNode | undefined =>
      fused.nodes.find((each) => each.name === name);
    expect(find('a3')?.inputs).toEqual(['a1_fused', 'a1_fused']);
    expect(find('b3')?.inputs).toEqual(['b1_fused:1', 'b1_fused:1']);
    expect(find('out')?.inputs).toEqual(['b1_fused', '^barrier']);
  });

  test('waits once for a call of which it waited for two parts', () => {
    const barrier = fused.nodes.find(({ name }) => name === 'barrier');
    expect(barrier?.inputs).toEqual(['^b1_fused', '^x']);
  });

  test('widens a low-precision product anew in each cluster, and keeps no wide copy for them', () => {
    const { nodes, functions } = fuseClusters(
      [
        node('x', 'Placeholder'),
        node('lp', 'MatMul', 'x', 'x'),
        node('lb', 'AddV2', 'lp', 'lp'),
        node('w', 'Cast', 'lb'),
        node('a', 'Exp', 'w'),
        node('q', 'MatMul', 'a', 'a'),
        node('b', 'Mul', 'q', 'w'),
        node('c', 'Neg', 'b'),
      ],
      specOf,
    );
    const calls = nodes.filter(({ op }) => op === 'PartitionedCall');
    expect(calls.map(({ name, inputs }) => [name, inputs])).toEqual([
      ['lb_fused', ['lp']],
      ['b_fused', ['q', 'lb_fused']],
    ]);
    expect(functions.map((each) => each.nodes.map(({ op }) => op))).toEqual([
      ['AddV2', 'Cast', 'Exp'],
      ['Cast', 'Mul', 'Neg'],
    ]);
    expect(functions[0].outputs.map(({ dtype }) => dtype)).toEqual(['bfloat16', 'float32']);
  });

  test('keeps the wide copy that a node outside all clusters reads', () => {
    const { nodes } = fuseClusters(
      [
        node('lx', 'Placeholder'),
        node('w', 'Cast', 'lx'),
        node('a', 'Exp', 'w'),
        node('r', 'Sum', 'w'),
      ],
      specOf,
    );
    const call = nodes.find(({ op }) => op === 'PartitionedCall');
    expect(call?.attributes.Tout).toEqual({ types: ['float32'] }); // nobody reads a
    expect(nodes.find(({ name }) => name === 'r')?.inputs).toEqual(['w_fused']);
  });
});
