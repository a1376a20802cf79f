import type { ProjectionResult } from '../../analysis/projection/points.ts';
import type { DatasetRow } from '../../data/page.ts';
import type { Answer } from '../../planner/question.ts';
import { projectionPlot } from '../../plots/projection.ts';
import { rowsAt } from '../../questions/datasets.ts';
import {
  coordinatesOf,
  explainedVariance,
  type ProjectionMethod as Method,
  projectionOf,
} from '../../questions/layers/projections.ts';
import { orNull } from '../../questions/or-null.ts';
import type { LayerOnRows } from '../../questions/structure.ts';
import { builder } from '../builder/builder.ts';
import { Row } from '../datasets/dataset.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { ProjectionMethod } from '../shared/enums.ts';
import { Provenance } from '../shared/provenance.ts';
import { Layer } from '../shared/references.ts';

interface ProjectionOfLayer extends LayerOnRows {
  readonly method: Method;
  readonly answer: Answer<ProjectionResult>;
}

interface Point {
  readonly at: number;
  readonly of: ProjectionResult;
  /** Of all points, read when the first is asked for. */
  readonly rows: () => Promise<readonly DatasetRow[]>;
}

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
    score: t.float({ description: 'The score of the model.', resolve: ({ of, at }) => of.score[at] as number }),
  }),
});

const Projection = builder.objectRef<ProjectionOfLayer>('Projection').implement({
  description: 'A layer’s representation of rows in few dimensions.',
  fields: (t) => ({
    explainedVariance: t.floatList({
      nullable: true,
      description: 'Share of variance of each component; PCA only, null for a constant layer.',
      resolve: ({ answer }) => explainedVariance(answer.value),
    }),
    points: t.field({
      type: [ProjectedRow],
      description: 'One for each row, in row order.',
      resolve({ answer: { value }, rows }, _, context): Point[] {
        let read: Promise<readonly DatasetRow[]> | undefined;
        const all = () => (read ??= rowsAt(context, rows, [...value.row]));
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
      method: t.arg({ type: ProjectionMethod, defaultValue: 'PCA', description: 'How many dimensions become few.' }),
      components: t.arg.int({ defaultValue: 2, description: 'Coordinates of a point: at most 50, 3 for TSNE.' }),
      seed: t.arg.int({ defaultValue: 0, description: 'The seed of TSNE, which begins at random.' }),
    },
    async resolve({ model, layer }, { rows, ...asked }, context): Promise<ProjectionOfLayer> {
      const [of, method] = [{ model, layer, rows }, asked.method ?? 'PCA'];
      return { ...of, method, answer: await projectionOf(context, of, { ...asked, method }) };
    },
  }),
);
