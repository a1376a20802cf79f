import type { Net } from './nets.ts';

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

const features = 'features { feature { name } score mean standardDeviation share }';
const saliency = (method: string, options = ''): Question =>
  ofModel(method, `saliency(method: ${method}, ${rows} ${options}) { rowCount ${features} }`);
/** Of the first rows: perturbations cost a run of the model each. */
const few = 'rows: { dataset: "rows", sample: 50 }';
const perturbed = (method: string, options = ''): Question =>
  ofModel(method, `saliency(method: ${method}, ${few} ${options}) { rowCount ${features} }`);

/** Those that go through every operator of a net, forwards and back. */
export function centralQuestions({ layers }: Net): Question[] {
  const each = ofLayers(layers);
  const one = ofLayers([layers.at(-1) as string]);
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
    one('saliency of a neuron', `neuron(index: 1) { saliency(${rows}) { ${features} } }`),
    ...['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'].map((method) => saliency(method)),
  ];
}

/** Every analysis. */
export function questions(net: Net): Question[] {
  return [
    ofModel('predictions', `predictions(rows: [${net.written}]) { score target }`),
    ...centralQuestions(net),
    ...['SMOOTHGRAD', 'SMOOTHGRAD_SQUARED', 'VARGRAD', 'GRADIENT_SHAP'].map((method) =>
      saliency(method, ', options: { samples: 3, seed: 1 }'),
    ),
    perturbed('FEATURE_ABLATION'),
    ...['FEATURE_PERMUTATION', 'SHAPLEY_SAMPLING'].map((method) => perturbed(method, ', options: { samples: 3 }')),
    ofModel(
      'explanations',
      `explanations(${few}, first: 5) {
        nodes { row { index } score target attributions { feature { name } attribution } }
      }`,
    ),
    ofModel(
      'explanations of written rows',
      `explanationsOf(rows: [${net.written}]) { score target attributions { feature { name } attribution } }`,
    ),
    ofLayers(net.layers)('conductance', `conductance(${few}) { neuron { index } mean meanAbsolute }`),
    ...['ABLATION', 'HESSIAN'].map((method) =>
      ofModel(`interactions by ${method}`, `interactions(method: ${method}, ${few}) { features { name } score share }`),
    ),
    ofModel(
      'response',
      `response(feature: "${net.single}", ${few}) { points { value mean standardDeviation rowCount } }`,
    ),
  ];
}
