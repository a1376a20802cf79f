import { type GraphQLResolveInfo, Kind } from 'graphql';
import { badUserInput } from '../../errors.ts';
import type { RowsArgument } from '../../questions/ask.ts';
import { extremesOf, type MomentsOfLayer } from '../../questions/layers/layers.ts';
import { type ChosenNeurons, chosenUnits, needsExtremes } from '../../questions/layers/neurons.ts';
import type { LayerOfModel, NeuronOfLayer } from '../../questions/structure.ts';
import { builder } from '../builder/builder.ts';
import { type Connection, type ConnectionArguments, listConnection } from '../builder/connection.ts';
import type { Context } from '../builder/context.ts';
import { Direction, NeuronOrderField } from '../shared/enums.ts';
import { Neuron } from '../shared/references.ts';
import { momentsAsked } from './layer-questions.ts';
import { NeuronStatistics } from './neuron-statistics.ts';

export const NeuronOrder = builder.inputType('NeuronOrder', {
  description: 'An order of neurons: nulls come last, ties go by index.',
  fields: (t) => ({
    field: t.field({ type: NeuronOrderField, required: true, description: 'What is compared.' }),
    direction: t.field({ type: Direction, defaultValue: 'DESC', description: 'The largest comes first unless said.' }),
  }),
});

const FloatRange = builder.inputType('FloatRange', {
  description: 'A range from a number to another, both included; open where one is omitted. Nulls are in no range.',
  fields: (t) => ({
    gte: t.float({ description: 'The value is at least this.' }),
    lte: t.float({ description: 'The value is at most this.' }),
  }),
});

export const NeuronFilter = builder.inputType('NeuronFilter', {
  description: 'Conditions on neurons; all of these hold together.',
  fields: (t) => ({
    dead: t.boolean({ description: 'Whether it is constant on every observation.' }),
    saturated: t.boolean({ description: 'Whether it is at a bound of the activation on 95% of observations.' }),
    mean: t.field({ type: FloatRange, description: 'The mean activation.' }),
    standardDeviation: t.field({ type: FloatRange, description: 'Standard deviation of the activation.' }),
    zeroFraction: t.field({ type: FloatRange, description: 'Share of activations that are exactly zero.' }),
    correlationWithLabel: t.field({ type: FloatRange, description: 'The Pearson correlation.' }),
    correlationWithScore: t.field({ type: FloatRange, description: 'The Pearson correlation.' }),
  }),
});

interface NeuronsArguments extends ConnectionArguments, ChosenNeurons {
  readonly rows?: RowsArgument | null | undefined;
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
    rows == null ? null : momentsAsked({ ...layer, rows }, context, info, [['edges', 'statistics']]),
    rows == null || !needsExtremes(args) ? null : extremesOf(context, { ...layer, rows }),
  ]);
  const units = chosenUnits(layer.layer.units, args, { moments: statistics?.moments, extremes });
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

const NeuronEdge = builder.objectRef<{ cursor: string; node: StatedNeuron }>('NeuronEdge').implement({
  description: 'A neuron with its place in a connection.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Where this neuron stands, for `after` and `before`; opaque.' }),
    node: t.field({ type: Neuron, description: 'The neuron itself.', resolve: ({ node }) => node }),
    statistics: t.field({
      type: NeuronStatistics,
      nullable: true,
      description: 'Statistics of the neuron on the rows; null where the connection was asked without rows.',
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
    totalCount: t.exposeInt('totalCount', { description: 'The number of nodes on all pages together.' }),
  }),
});
