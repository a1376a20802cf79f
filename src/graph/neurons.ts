import { type GraphQLResolveInfo, Kind } from 'graphql';
import type { ExtremesResult } from '../analysis/units/extremes.ts';
import type { MomentsResult } from '../analysis/units/moments.ts';
import { badUserInput } from '../errors.ts';
import type { RowsArgument } from '../questions/ask.ts';
import { builder } from './builder.ts';
import { type Connection, type ConnectionArguments, listConnection } from './connection.ts';
import type { Context } from './context.ts';
import { Direction, NeuronOrderField } from './enums.ts';
import { isSaturated, zeroFraction } from './extremes.ts';
import { extremesOf } from './layer-questions.ts';
import { isDead, momentsOf } from './moments.ts';
import { NeuronStatistics } from './neuron-statistics.ts';
import { type LayerOfModel, type MomentsOfLayer, Neuron, type NeuronOfLayer } from './references.ts';

export const NeuronOrder = builder.inputType('NeuronOrder', {
  description: 'Nulls last; ties by index.',
  fields: (t) => ({
    field: t.field({ type: NeuronOrderField, required: true, description: 'What is compared.' }),
    direction: t.field({ type: Direction, defaultValue: 'DESC', description: 'Largest first unless said.' }),
  }),
});

const FloatRange = builder.inputType('FloatRange', {
  description: 'From a number to another, both included; open where one is omitted. Nulls are in no range.',
  fields: (t) => ({
    gte: t.float({ description: 'At least this.' }),
    lte: t.float({ description: 'At most this.' }),
  }),
});

export const NeuronFilter = builder.inputType('NeuronFilter', {
  description: 'All of these hold together.',
  fields: (t) => ({
    dead: t.boolean({ description: 'Constant on every observation, or not.' }),
    saturated: t.boolean({ description: 'At a bound of the activation on 95% of observations, or not.' }),
    mean: t.field({ type: FloatRange, description: 'Mean activation.' }),
    standardDeviation: t.field({ type: FloatRange, description: 'Of the activation.' }),
    zeroFraction: t.field({ type: FloatRange, description: 'Share of activations that are exactly zero.' }),
    correlationWithLabel: t.field({ type: FloatRange, description: 'Pearson.' }),
    correlationWithScore: t.field({ type: FloatRange, description: 'Pearson.' }),
  }),
});

interface NeuronOrderArgument {
  readonly field: typeof NeuronOrderField.$inferType;
  readonly direction?: 'ASC' | 'DESC' | null | undefined;
}
type NeuronFilterArgument = typeof NeuronFilter.$inferInput;

interface NeuronsArguments extends ConnectionArguments {
  readonly rows?: RowsArgument | null | undefined;
  readonly orderBy?: NeuronOrderArgument | null | undefined;
  readonly where?: NeuronFilterArgument | null | undefined;
}

interface StatedNeuron extends NeuronOfLayer {
  readonly statistics: MomentsOfLayer | null;
}

const size = { default: 50, maximum: 1000 };

/** Throws BAD_USER_INPUT when statistics are needed and there are no rows to compute them on. */
export async function neuronsOf(
  layer: LayerOfModel,
  args: NeuronsArguments,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<StatedNeuron>> {
  const { rows, orderBy, where } = args;
  const needsRows = where != null ? 'where' : orderBy != null && orderBy.field !== 'INDEX' ? 'orderBy' : undefined;
  if (rows == null && needsRows !== undefined)
    throw badUserInput('rows', `\`${needsRows}\` goes by statistics: say on which \`rows\`.`);
  const [statistics, extremes] = await Promise.all([
    rows == null ? null : momentsOf(layer, rows, context, info, [['edges', 'statistics']]),
    rows == null || !needsExtremes(args) ? null : extremesOf({ ...layer, rows }, context),
  ]);
  const figures = { moments: statistics?.moments, extremes };
  let units = Array.from({ length: layer.layer.units }, (_, unit) => unit);
  if (where != null) units = units.filter((unit) => satisfies(figures, unit, where));
  if (orderBy != null) units = ordered(units, figures, orderBy.field, orderBy.direction === 'ASC' ? 1 : -1);
  // `first` has a default, which must not get in the way of `last`.
  const page = args.last == null || isGiven(info, 'first') ? args : { ...args, first: undefined };
  return listConnection(
    page,
    units.map((unit) => ({ ...layer, unit, statistics })),
    size,
  );
}

/** Whether the document gives an argument, which otherwise has its default. */
const isGiven = ({ fieldNodes, variableValues }: GraphQLResolveInfo, name: string): boolean =>
  fieldNodes[0]?.arguments?.some(
    ({ name: own, value }) =>
      own.value === name && (value.kind !== Kind.VARIABLE || Object.hasOwn(variableValues, value.name.value)),
  ) === true;

/** What neurons are filtered and ordered by: as much of it as the arguments ask for. */
interface Figures {
  readonly moments: MomentsResult | undefined;
  readonly extremes: ExtremesResult | null;
}

const needsExtremes = ({ orderBy, where }: NeuronsArguments): boolean =>
  orderBy?.field === 'ZERO_FRACTION' || where?.zeroFraction != null || where?.saturated != null;

function satisfies({ moments, extremes }: Figures, unit: number, where: NeuronFilterArgument): boolean {
  const within = (value: number | undefined, range: typeof FloatRange.$inferInput | null | undefined): boolean =>
    range == null ||
    (value !== undefined &&
      !Number.isNaN(value) &&
      value >= (range.gte ?? Number.NEGATIVE_INFINITY) &&
      value <= (range.lte ?? Number.POSITIVE_INFINITY));
  return (
    (where.dead == null || (moments && isDead(moments, unit)) === where.dead) &&
    (where.saturated == null || (extremes && isSaturated(extremes, unit)) === where.saturated) &&
    within(moments?.mean[unit], where.mean) &&
    within(moments?.standardDeviation[unit], where.standardDeviation) &&
    within(extremes ? zeroFraction(extremes, unit) : undefined, where.zeroFraction) &&
    within(moments?.correlationWithLabel[unit], where.correlationWithLabel) &&
    within(moments?.correlationWithScore[unit], where.correlationWithScore)
  );
}

function ordered(
  units: readonly number[],
  figures: Figures,
  field: NeuronOrderArgument['field'],
  sign: 1 | -1,
): number[] {
  const values = valuesOf(figures, field);
  const figureOf = (unit: number): number => (values === undefined ? unit : (values[unit] as number));
  return units.toSorted((a, b) => {
    const [x, y] = [figureOf(a), figureOf(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return sign * (x - y) || a - b;
  });
}

/** Of every unit; undefined: its index. */
function valuesOf({ moments, extremes }: Figures, field: NeuronOrderArgument['field']): Float64Array | undefined {
  switch (field) {
    case 'INDEX':
      return undefined;
    case 'MEAN':
      return moments?.mean;
    case 'STANDARD_DEVIATION':
      return moments?.standardDeviation;
    case 'ZERO_FRACTION':
      return extremes?.zeroCount;
    case 'CORRELATION_WITH_LABEL':
      return moments?.correlationWithLabel;
    case 'CORRELATION_WITH_SCORE':
      return moments?.correlationWithScore;
    case 'ABS_CORRELATION_WITH_LABEL':
      return moments?.correlationWithLabel.map(Math.abs);
    case 'ABS_CORRELATION_WITH_SCORE':
      return moments?.correlationWithScore.map(Math.abs);
  }
}

const NeuronEdge = builder.objectRef<{ cursor: string; node: StatedNeuron }>('NeuronEdge').implement({
  description: 'A neuron with its place in a connection.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Where this neuron stands, for `after` and `before`; opaque.' }),
    node: t.field({ type: Neuron, description: 'The neuron itself.', resolve: ({ node }) => node }),
    statistics: t.field({
      type: NeuronStatistics,
      nullable: true,
      description: 'null where the connection was asked without rows',
      resolve: ({ node }) => node.statistics && { ...node.statistics, unit: node.unit },
    }),
  }),
});

export const NeuronConnection = builder.objectRef<Connection<StatedNeuron>>('NeuronConnection').implement({
  description: 'A page of neurons.',
  fields: (t) => ({
    edges: t.field({
      type: [NeuronEdge],
      description: 'The neurons of this page, each with its cursor and statistics.',
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [Neuron],
      description: 'The neurons of this page.',
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      description: 'Whether there is more on either side.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
    totalCount: t.exposeInt('totalCount', { description: 'Of all pages together.' }),
  }),
});
