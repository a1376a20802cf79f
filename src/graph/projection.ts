import { pca } from '../analysis/projection/pca.ts';
import type { ProjectionResult } from '../analysis/projection/points.ts';
import { tsne } from '../analysis/projection/tsne.ts';
import { type DatasetRow, readRowsAt } from '../data/page.ts';
import { analysisFailed } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { Answer } from '../planner/question.ts';
import { projectionPlot } from '../plots/projection.ts';
import { ask, datasetAsked } from '../questions/ask.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import { Row } from './dataset.ts';
import { ProjectionMethod } from './enums.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { Layer, type LayerOnRows } from './references.ts';
import { RowsInput } from './rows-input.ts';

interface ProjectionOfLayer extends LayerOnRows {
  readonly method: 'PCA' | 'TSNE';
  readonly answer: Answer<ProjectionResult>;
}

interface Point {
  readonly at: number;
  readonly of: ProjectionResult;
  /** Of all points, read when the first is asked for. */
  readonly rows: () => Promise<readonly DatasetRow[]>;
}

const coordinatesOf = ({ components, coordinates }: ProjectionResult, at: number): number[] =>
  Array.from(coordinates.subarray(at * components, (at + 1) * components));

const ProjectedRow = builder.objectRef<Point>('ProjectedRow').implement({
  description: 'A row as a point of a layer’s representation.',
  fields: (t) => ({
    row: t.field({
      type: Row,
      description: 'The row, with its values.',
      resolve: async ({ at, rows }) => (await rows())[at] as DatasetRow,
    }),
    coordinates: t.floatList({
      description: 'One for each component.',
      resolve: ({ of, at }) => coordinatesOf(of, at),
    }),
    score: t.float({ description: 'Of the model.', resolve: ({ of, at }) => of.score[at] as number }),
  }),
});

const Projection = builder.objectRef<ProjectionOfLayer>('Projection').implement({
  description: 'A layer’s representation of rows in few dimensions.',
  fields: (t) => ({
    explainedVariance: t.floatList({
      nullable: true,
      description: 'Share of variance of each component; PCA only, null for a constant layer.',
      resolve: ({ answer: { value } }) =>
        value.explainedVariance?.every(Number.isFinite) ? [...value.explainedVariance] : null,
    }),
    points: t.field({
      type: [ProjectedRow],
      description: 'One for each row, in row order.',
      resolve({ answer: { value }, rows }, _, context): Point[] {
        let read: Promise<readonly DatasetRow[]> | undefined;
        const all = () => (read ??= datasetAsked(context, rows).then((dataset) => readRowsAt(dataset, [...value.row])));
        return Array.from(value.row, (_, at) => ({ at, of: value, rows: all }));
      },
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'The first two components of every row, by score, and by label where there is one.',
      resolve: ({ layer, method, answer: { value } }) =>
        projectionPlot({
          layer: layer.name,
          method: method === 'PCA' ? 'principal components' : 't-SNE',
          axes: axesOf(value, method),
          points: Array.from(value.row, (row, at) => ({
            row,
            coordinates: coordinatesOf(value, at),
            score: value.score[at] as number,
            label: value.label[at] as number,
          })),
        }),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ answer }) => answer.provenance,
    }),
  }),
});

function axesOf({ components, explainedVariance }: ProjectionResult, method: string): string[] {
  return Array.from({ length: components }, (_, at) => {
    const share = orNull(explainedVariance?.[at] ?? Number.NaN);
    return method === 'PCA'
      ? `component ${at + 1}${share === null ? '' : ` (${(100 * share).toFixed(1)}% of the variance)`}`
      : `dimension ${at + 1}`;
  });
}

builder.objectField(Layer, 'projection', (t) =>
  t.field({
    type: Projection,
    nullable: true,
    description:
      'Rows as points, of the mean over positions where the layer has them. PCA: exact, at most 10,000 rows and 1,024 units; a component points to where its largest loading is positive. TSNE: at most 2,000 rows; the same rows and seed give the same points. Draw fewer rows with `rows.sample`.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      method: t.arg({ type: ProjectionMethod, defaultValue: 'PCA', description: 'How.' }),
      components: t.arg.int({ defaultValue: 2, description: 'Coordinates of a point: at most 50, 3 for TSNE.' }),
      seed: t.arg.int({ defaultValue: 0, description: 'Of TSNE, which begins at random.' }),
    },
    async resolve({ model, layer }, args, context): Promise<ProjectionOfLayer> {
      const { rows } = args;
      const method = args.method ?? 'PCA';
      const most = method === 'TSNE' ? 3 : Math.min(layer.units, analysisLimits.projectedComponents);
      const components = wholeBetween('components', args.components ?? 2, 1, most);
      const spec = { layer: layer.name, components };
      const answer =
        method === 'TSNE'
          ? await ask(context, tsne, { ...spec, seed: args.seed ?? 0 }, { model, rows })
          : await ask(context, pca, spec, { model, rows });
      assertFinite(answer.value, layer.name);
      return { model, layer, rows, method, answer };
    },
  }),
);

/** Throws ANALYSIS_FAILED: a point that is nowhere cannot be shown. */
function assertFinite({ row, score, coordinates, components }: ProjectionResult, layer: string): void {
  const bad = score.findIndex((value, at) => !Number.isFinite(value) || !isFinitePoint(coordinates, at, components));
  if (bad >= 0)
    throw analysisFailed(
      `The layer “${layer}”, or the score, is infinite or NaN on row ${row[bad]} or one that it is projected with.`,
      {
        layer,
        row: row[bad],
      },
    );
}

const isFinitePoint = (coordinates: Float64Array, at: number, components: number): boolean =>
  coordinates.subarray(at * components, (at + 1) * components).every(Number.isFinite);
