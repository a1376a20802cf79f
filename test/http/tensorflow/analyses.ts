/** A question about a model, whose answer does not depend on the form that it was exported in. */
export interface Question {
  /** As the table of docs/tensorflow.md calls it. */
  readonly name: string;
  /** Fields of `Model`; `layer` gives a layer's own name from the part that every exporter keeps. */
  fields(layer: (part: string) => string): string;
}

const rows = 'rows: { dataset: "rows" }';
const ofModel = (name: string, fields: string): Question => ({ name, fields: () => fields });
/** Fields of every layer that is asked about. */
const ofLayers =
  (layers: readonly string[]) =>
  (name: string, fields: string): Question => ({
    name,
    fields: (layer) => layers.map((part) => `${part}: layer(name: "${layer(part)}") { ${fields} }`).join('\n'),
  });

const saliency = (method: string): Question =>
  ofModel(
    method,
    `saliency(method: ${method}, ${rows}) { rowCount features { feature { name } score mean standardDeviation share } }`,
  );

/** Every analysis, of a net with these layers; `neuron`: of one with several units. */
export function questions(layers: readonly string[], neuron: string): Question[] {
  const each = ofLayers(layers);
  const one = ofLayers([neuron]);
  return [
    ofModel(
      'evaluation',
      `evaluation(${rows}) {
        rowCount positiveCount auc aucInterval { low high } prAuc logLoss brier normalizedEntropy calibrationRatio
        expectedCalibrationError gauc(by: "click") curve(kind: ROC, points: 10) { x y } scores(bins: 5) { edges }
      }`,
    ),
    each(
      'statistics',
      `statistics(${rows}) {
        observationCount mean standardDeviation zeroFraction deadUnits saturatedUnits effectiveRank
        correlations { values }
        neurons { mean standardDeviation minimum maximum correlationWithScore correlationWithLabel }
      }`,
    ),
    one(
      'neuron statistics',
      `neuron(index: 1) {
        statistics(${rows}) { mean standardDeviation meanWhenPositive quantiles { value } histogram(bins: 5) { edges } }
      }`,
    ),
    one('top examples', `neuron(index: 1) { topExamples(${rows}, first: 5) { activation score row { index } } }`),
    one(
      'saliency of a neuron',
      `neuron(index: 1) { saliency(${rows}) { features { feature { name } score mean standardDeviation } } }`,
    ),
    ...['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'].map(saliency),
  ];
}
