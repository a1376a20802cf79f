import { colors, type VegaLite, vegaLite, widthFor, withoutSharedPath } from './vega-lite.ts';

export interface SimilarityPlotData {
  readonly base: { readonly model: string; readonly layers: readonly string[] };
  readonly candidate: { readonly model: string; readonly layers: readonly string[] };
  /** A row for each layer of the base; null where there is none. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** A heat map: the base's layers from top to bottom, the candidate's from left to right, in topological order. */
export function similarityPlot({ base, candidate, values }: SimilarityPlotData): VegaLite {
  const [rows, columns] = [withoutSharedPath(base.layers), withoutSharedPath(candidate.layers)];
  const cells = values.flatMap((line, i) => line.map((cka, j) => ({ base: rows[i], candidate: columns[j], CKA: cka })));
  const axis = { type: 'nominal', sort: null };
  const title =
    base.model === candidate.model
      ? `How alike the layers of ${base.model} are: linear CKA`
      : `How alike the layers of ${base.model} and ${candidate.model} are: linear CKA`;
  return vegaLite(title, cells, {
    width: widthFor(candidate.layers.length, 26),
    height: widthFor(base.layers.length, 26),
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: { field: 'candidate', ...axis, title: candidate.model, axis: { labelAngle: -45 } },
      y: { field: 'base', ...axis, title: base.model },
      color: {
        field: 'CKA',
        type: 'quantitative',
        scale: { domain: [0, 1], range: ['#88888822', colors.first] },
        legend: { title: 'CKA' },
      },
    },
  });
}
