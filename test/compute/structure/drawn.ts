import type { Net } from './net.ts';

type Spelling = (net: Net, h: string, units: number) => string;

/** A tensor of a net while it is drawn: its name, and its shape without the rows. */
export interface Drawn {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Activations by the name that their layer shows, as exporters write them. */
export const activations = {
  relu: (net, h) => net.apply('Relu', h),
  sigmoid: (net, h) => net.apply('Sigmoid', h),
  tanh: (net, h) => net.apply('Tanh', h),
  elu: (net, h) => net.apply('Elu', h),
  selu: (net, h) => net.apply('Selu', h),
  silu: (net, h) => net.apply('Mul', h, net.apply('Sigmoid', h)),
  mish: (net, h) => net.apply('Mul', h, net.apply('Tanh', net.apply('Softplus', h))),
  softplus: (net, h) => net.apply('Log', net.apply('Add', net.apply('Exp', h), net.number(1))),
  gelu: (net, h) => {
    const error = net.apply('Erf', net.apply('Div', h, net.number(Math.SQRT2)));
    return net.apply('Mul', net.apply('Mul', h, net.apply('Add', error, net.number(1))), net.number(0.5));
  },
  prelu: (net, h, units) => {
    const [up, down] = [net.apply('Relu', h), net.apply('Relu', net.apply('Neg', h))];
    return net.apply('Add', up, net.apply('Mul', down, net.weight(units)));
  },
  /** The gate is made of h by normalising it, by statistics of the rows that the net was trained on. */
  dice: (net, h, units) => {
    const normal = net.apply('Mul', net.apply('Sub', h, net.weight(units)), net.weight(units));
    const p = net.apply('Sigmoid', normal);
    const low = net.apply('Mul', net.apply('Sub', net.number(1), p), net.weight(units));
    return net.apply('Add', net.apply('Mul', low, h), net.apply('Mul', p, h));
  },
} as const satisfies Readonly<Record<string, Spelling>>;

/** Less its mean, by its deviation. */
export function centred(net: Net, h: string): string {
  const difference = net.apply('Sub', h, net.reduce('ReduceMean', h, -1, true));
  const variance = net.reduce('ReduceMean', net.apply('Pow', difference, net.number(2)), -1, true);
  return net.apply('Div', difference, net.apply('Sqrt', net.apply('Add', variance, net.number(0.1))));
}

/** Numbers and choices of a seed. */
export interface Luck {
  /** 1 … most. */
  size(most: number): number;
  of<Item>(items: readonly Item[]): Item;
}

type Block = (net: Net, drawn: Drawn, luck: Luck) => Drawn;

const activated = (net: Net, h: string, units: number, luck: Luck): string => {
  const biased = luck.of([true, false]) ? net.apply('Add', h, net.weight(units)) : h;
  const spell = luck.of<Spelling>([(_, before) => before, ...Object.values(activations)]);
  return spell(net, biased, units);
};

const dense: Block = (net, { name, shape: [width = 1] }, luck) => {
  const units = luck.size(4);
  return { name: activated(net, net.apply('MatMul', name, net.weight(width, units)), units, luck), shape: [units] };
};

/** Of a vector of units: [rows, units]. */
const ofVectors: readonly Block[] = [
  dense,
  (net, { name, shape }) => ({
    name: net.apply('Add', net.apply('Mul', name, net.weight(...shape)), net.weight(...shape)),
    shape,
  }),
  (net, { name, shape }) => ({ name: centred(net, name), shape }),
  (net, drawn, luck) => {
    const [one, other] = [dense(net, drawn, luck), dense(net, drawn, luck)];
    const joined = net.concat(1, one.name, other.name);
    return { name: joined, shape: [(one.shape[0] as number) + (other.shape[0] as number)] };
  },
  (net, { name, shape: [width = 1] }, luck) => {
    const parts = [1, 2].map(() => activated(net, net.apply('MatMul', name, net.weight(width, width)), width, luck));
    const stacked = net.stack(1, ...parts);
    return { name: luck.of([true, false]) ? net.apply('Relu', stacked) : stacked, shape: [2, width] };
  },
  (net, drawn, luck) => {
    const other = dense(net, drawn, luck);
    const again = net.apply('MatMul', other.name, net.weight(other.shape[0] as number, drawn.shape[0] as number));
    return { name: net.apply(luck.of(['Add', 'Mul'] as const), drawn.name, again), shape: drawn.shape };
  },
  (net, { name }, luck) => ({
    name: net.reduce(luck.of(['ReduceSum', 'ReduceMean', 'ReduceMax'] as const), name, 1, true),
    shape: [1],
  }),
  (net, { name, shape: [width = 1] }, luck) => {
    const [positions, units] = [luck.size(4), luck.size(4)];
    const flat = activated(
      net,
      net.apply('MatMul', name, net.weight(width, positions * units)),
      positions * units,
      luck,
    );
    return { name: net.reshape(flat, -1, positions, units), shape: [positions, units] };
  },
];

/** Of units at each position: [rows, positions, units]. */
const ofSequences: readonly Block[] = [
  (net, { name, shape: [positions = 1, width = 1] }, luck) => {
    const units = luck.size(4);
    const product = net.einsum('ntd,de->nte', name, net.weight(width, units));
    return { name: activated(net, product, units, luck), shape: [positions, units] };
  },
  (net, { name, shape: [positions = 1, width = 1] }, luck) => {
    const flat = dense(net, { name: net.reshape(name, -1, width), shape: [width] }, luck);
    const [units = 1] = flat.shape;
    const back = net.reshape(flat.name, -1, positions, units);
    return { name: luck.of([true, false]) ? activated(net, back, units, luck) : back, shape: [positions, units] };
  },
  (net, { name, shape: [positions = 1, width = 1] }, luck) => {
    const turned = net.transpose(name, 0, 2, 1);
    const bent = luck.of([true, false]) ? net.apply('Tanh', turned) : activations.silu(net, turned);
    return { name: net.transpose(bent, 0, 2, 1), shape: [positions, width] };
  },
  (net, { name, shape: [positions = 1, width = 1] }, luck) => {
    const axis = luck.size(2);
    const left = axis === 1 ? width : positions;
    return { name: net.reduce(luck.of(['ReduceSum', 'ReduceMean', 'ReduceMax'] as const), name, axis), shape: [left] };
  },
  (net, { name, shape }) => {
    const weights = net.apply('Softmax', net.einsum('nte,nse->nts', name, name));
    return { name: net.einsum('nts,nse->nte', weights, name), shape };
  },
  (net, { name, shape: [positions = 1, width = 1] }) => ({
    name: net.reshape(name, -1, positions * width),
    shape: [positions * width],
  }),
];

/** A sigmoid, or a softmax, of some products of a vector. */
function score(net: Net, name: string, width: number, luck: Luck): string {
  const units = luck.size(3);
  const logits = net.apply('MatMul', name, net.weight(width, units));
  return net.apply(units === 1 ? 'Sigmoid' : luck.of(['Sigmoid', 'Softmax'] as const), logits);
}

/** Some blocks one after the other, and what is made of one score or of two. Returns the output. */
export function drawNet(net: Net, shape: readonly number[], luck: Luck): string {
  let drawn: Drawn = { name: 'x', shape };
  for (let left = 1 + luck.size(5); left > 0; left--)
    drawn = luck.of(drawn.shape.length === 1 ? ofVectors : ofSequences)(net, drawn, luck);
  const size = drawn.shape.reduce((a, b) => a * b, 1);
  const vector = drawn.shape.length === 1 ? drawn.name : net.reshape(drawn.name, -1, size);
  const end = luck.size(3);
  const first = score(net, vector, size, luck);
  if (end === 1) return first;
  if (end === 2) return net.columns(first, 0);
  return net.concat(1, first, score(net, vector, size, luck));
}
