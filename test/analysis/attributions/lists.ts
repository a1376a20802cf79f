import { join } from 'node:path';
import fc from 'fast-check';
import type { DType } from '../../../src/compute/tensor.ts';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import type { WrittenRow } from '../../../src/data/batches/written-rows.ts';
import { type ModelText, modelOf, temporaryFolder, written } from '../../compute/onnx/models.ts';
import { type GraphConstant, writeGraphModel } from '../../support/graph-model.ts';

/** Models with lists of every kind, drawn at random: what their features are, and the rows. */
export interface Drawn {
  /** Of the matrix that holds the ids of c and h, in this order or the other one. */
  readonly idsType: 'int64' | 'int32' | 'float32' | 'float64';
  readonly isListFirst: boolean;
  readonly padding: number;
  /** Where the model takes the length of h. */
  readonly length: 'NONE' | 'FIRST' | 'LAST' | 'INPUT';
  /** Of the number k, which has an input of its own. */
  readonly numberType: 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
  /** Whether there is a list beside offsets, and what they hold. */
  readonly bag: 'NONE' | 'STARTS' | 'STARTS_AND_END';
  readonly rows: readonly Row[];
  /** What a baseline of values has. */
  readonly other: Row;
  readonly seed: number;
}

type Row = WrittenRow & { readonly k: number };

const longest = 3;
const id = fc.integer({ min: 0, max: 9 });
const row: fc.Arbitrary<Row> = fc.record({
  k: fc.integer({ min: 0, max: 1 }),
  c: id,
  h: fc.option(fc.array(id, { maxLength: longest })),
  t: fc.option(fc.array(id, { maxLength: 5 })),
});

export const drawn: fc.Arbitrary<Drawn> = fc.record({
  idsType: fc.constantFrom('int64', 'int32', 'float32', 'float64'),
  isListFirst: fc.boolean(),
  padding: fc.constantFrom(0, 7),
  length: fc.constantFrom('NONE', 'FIRST', 'LAST', 'INPUT'),
  numberType: fc.constantFrom('float32', 'float64', 'int32', 'int64', 'bool'),
  bag: fc.constantFrom('NONE', 'STARTS', 'STARTS_AND_END'),
  rows: fc.array(row, { minLength: 2, maxLength: 6 }),
  other: row,
  seed: fc.nat(100),
});

/** What TensorFlow.js has: no wider types, and no list beside offsets. */
export const drawnForTfjs = drawn.map(
  ({ idsType, numberType, ...rest }): Drawn => ({
    ...rest,
    idsType: idsType.startsWith('float') ? 'float32' : 'int32',
    numberType: numberType === 'bool' ? 'bool' : numberType.startsWith('float') ? 'float32' : 'int32',
    bag: 'NONE',
  }),
);

/** Slots of the matrix of ids, the length of the list among them. */
function slotsOf({ isListFirst, length }: Drawn) {
  const order = isListFirst ? ['h', 'c'] : ['c', 'h'];
  const all = [...(length === 'FIRST' ? ['n'] : []), ...order, ...(length === 'LAST' ? ['n'] : [])];
  const widths = all.map((name) => (name === 'h' ? longest : 1));
  const index = (name: string): number => widths.slice(0, all.indexOf(name)).reduce((sum, width) => sum + width, 0);
  return { index, width: widths.reduce((sum, width) => sum + width, 0) };
}

export function manifestOf(drawn: Drawn) {
  const { length, bag, padding } = drawn;
  const { index } = slotsOf(drawn);
  const lengthSlot = {
    NONE: {},
    FIRST: { lengthIndex: 0 },
    LAST: { lengthIndex: index('n') },
    INPUT: { lengthInput: 'n' },
  };
  return {
    score: { output: 'score', index: 0, space: 'PROBABILITY' },
    features: [
      { name: 'k', kind: 'NUMERIC', input: 'k', missing: 1, group: 'both' },
      { name: 'c', kind: 'CATEGORICAL', input: 'ids', index: index('c'), missing: 9 },
      {
        name: 'h',
        kind: 'SEQUENCE',
        input: 'ids',
        index: index('h'),
        length: longest,
        padding,
        ...lengthSlot[length],
        group: 'both',
      },
      ...(bag === 'NONE'
        ? []
        : [
            { name: 't', kind: 'SEQUENCE', input: 't', offsetsInput: 'o', includeLastOffset: bag === 'STARTS_AND_END' },
          ]),
    ],
  };
}

/** Weights that take every place for another one. */
const weights = (inputs: number, outputs: number): number[] =>
  Array.from({ length: inputs * outputs }, (_, at) => Math.sin(1 + 3 * at) / 4);
const units = 3;

/** logit = w₂ · tanh(W₁ · all that the inputs hold), of a bag the sum of the squares of its ids. */
export function onnxModel(drawn: Drawn): Promise<string> {
  const { idsType, numberType, length, bag } = drawn;
  const { width } = slotsOf(drawn);
  const inputs: Record<string, [DType, (number | null)[]]> = {
    k: [numberType, [null, 1]],
    ids: [idsType, [null, width]],
  };
  const nodes: ModelText['nodes'] = [
    ['Cast', 'k', 'k_float', { to: 1 }],
    ['Cast', 'ids', 'ids_float', { to: 1 }],
  ];
  const parts = ['k_float', 'ids_float'];
  if (length === 'INPUT') {
    inputs.n = ['int64', [null, 1]];
    nodes.push(['Cast', 'n', 'n_float', { to: 1 }]);
    parts.push('n_float');
  }
  if (bag !== 'NONE') {
    inputs.t = ['int64', [null]];
    inputs.o = ['int64', [null]];
    nodes.push(...bagNodes(bag));
    parts.push('t_float');
  }
  const total = width + parts.length - 1;
  return written(
    modelOf({
      inputs,
      weights: {
        first: float32([total, units], weights(total, units)),
        second: float32([units, 1], weights(units, 1)),
        zero: int64([1], [0]),
        none: int64([], [0]),
        one: int64([], [1]),
        ones: int64([1], [1]),
        minus: int64([1], [-1]),
      },
      nodes: [
        ...nodes,
        ['Concat', parts.join(' '), 'all', { axis: 1 }],
        ['MatMul', 'all first', 'before'],
        ['Tanh', 'before', 'hidden'],
        ['MatMul', 'hidden second', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    }),
  );
}

/** Which row an element is of: how many rows begin at its place or before it, less one. */
const bagNodes = (bag: 'STARTS' | 'STARTS_AND_END'): ModelText['nodes'] => [
  bag === 'STARTS' ? ['Identity', 'o', 'starts'] : ['Slice', 'o zero minus zero', 'starts'],
  ['Shape', 't', 't_shape'],
  ['Squeeze', 't_shape zero', 't_count'],
  ['Range', 'none t_count one', 'places'],
  ['Unsqueeze', 'places ones', 'places_down'],
  ['GreaterOrEqual', 'places_down starts', 'is_behind'],
  ['Cast', 'is_behind', 'is_behind_int', { to: 7 }],
  ['ReduceSum', 'is_behind_int ones', 'behind', { keepdims: 1 }],
  ['Shape', 'starts', 'starts_shape'],
  ['Squeeze', 'starts_shape zero', 'row_count'],
  ['Add', 'row_count one', 'row_end'],
  ['Range', 'one row_end one', 'rows'],
  ['Equal', 'behind rows', 'is_of'],
  ['Cast', 'is_of', 'is_of_float', { to: 1 }],
  ['Transpose', 'is_of_float', 'by_row', { perm: [1, 0] }],
  ['Cast', 't', 't_number', { to: 1 }],
  ['Mul', 't_number t_number', 't_square'],
  ['Unsqueeze', 't_square ones', 't_down'],
  ['MatMul', 'by_row t_down', 't_float'],
];

const types = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const;

/** The same, as a graph of TensorFlow.js. */
export async function tfjsModel(drawn: Drawn): Promise<string> {
  const { width } = slotsOf(drawn);
  const inputs = [
    ['k', types[drawn.numberType as keyof typeof types], 1],
    ['ids', types[drawn.idsType as keyof typeof types], width],
    ...(drawn.length === 'INPUT' ? [['n', 'DT_INT32', 1] as const] : []),
  ] as const;
  const total = inputs.reduce((sum, [, , size]) => sum + size, 0);
  const T = { T: { type: 'DT_FLOAT' } };
  const constants: GraphConstant[] = [
    ['first', 'float32', [total, units], weights(total, units)],
    ['second', 'float32', [units, 1], weights(units, 1)],
    ['axis', 'int32', [], [1]],
  ];
  const nodes = [
    ...inputs.flatMap(([name, dtype, size]) => [
      {
        name,
        op: 'Placeholder',
        attr: { dtype: { type: dtype }, shape: { shape: { dim: [{ size: '-1' }, { size: String(size) }] } } },
      },
      { name: `${name}_float`, op: 'Cast', input: [name], attr: { SrcT: { type: dtype }, DstT: { type: 'DT_FLOAT' } } },
    ]),
    {
      name: 'all',
      op: 'ConcatV2',
      input: [...inputs.map(([name]) => `${name}_float`), 'axis'],
      attr: { ...T, N: { i: String(inputs.length) }, Tidx: { type: 'DT_INT32' } },
    },
    { name: 'before', op: 'MatMul', input: ['all', 'first'], attr: T },
    { name: 'hidden', op: 'Tanh', input: ['before'], attr: T },
    { name: 'logit', op: 'MatMul', input: ['hidden', 'second'], attr: T },
    { name: 'score', op: 'Sigmoid', input: ['logit'], attr: T },
  ];
  const folder = join(await temporaryFolder(), 'model');
  await writeGraphModel(folder, constants, nodes, ['score']);
  return folder;
}
