import type { Net } from './nets.ts';

/** A question about a model, whose answer does not depend on the form that it was exported in. */
export interface Question {
  /** As the table of docs/tensorflow.md calls it. */
  readonly name: string;
  /** Fields of `Model`; `layer` gives a layer's own name from the part that every exporter keeps. */
  fields(layer: LayerName): string;
  /** The part of the answer that does not depend on the form, where it is not the whole. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON, and each question knows what it asked for.
  read?(answer: any): unknown;
}

export type LayerName = (part: string) => string;

const ofModel = (name: string, fields: string): Question => ({ name, fields: () => fields });
/** Fields of every layer that is asked about. */
const ofLayers =
  (layers: readonly string[]) =>
  (name: string, fields: string): Question => ({
    name,
    fields: (layer) => layers.map((part) => `${part}: layer(name: "${layer(part)}") { ${fields} }`).join('\n'),
  });

const features = 'features { feature { name } score mean standardDeviation share }';
const saliency = (method: string, rows: string, options = ''): Question =>
  ofModel(method, `saliency(method: ${method}, ${rows} ${options}) { rowCount ${features} }`);
const all = ({ name }: Net): string => `rows: { dataset: "${name}" }`;
/** Perturbations cost a run of the model each. */
const some = ({ name }: Net): string => `rows: { dataset: "${name}", sample: 50 }`;

/** Those that go through every operator of a net, forwards and back. */
export function centralQuestions(net: Net): Question[] {
  const rows = all(net);
  const each = ofLayers(net.layers);
  const one = ofLayers([net.layers.at(-1) as string]);
  return [
    ofModel(
      'evaluation',
      `evaluation(${rows}) {
        rowCount positiveCount auc aucInterval { low high } prAuc logLoss brier normalizedEntropy calibrationRatio
        expectedCalibrationError gauc(by: "${net.single}") curve(kind: ROC, points: 10) { x y } scores(bins: 5) { edges }
        reliability(bins: 4) { rowCount meanScore } confusion { truePositives falsePositives }
        slices(by: "click") { slice rowCount logLoss } weakSegments(columns: ["click"]) { slice rowCount logLoss }
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
        statistics(${rows}) {
          mean standardDeviation meanWhenPositive meanWhenNegative correlationWithLabel correlationWithScore
          quantiles { value } histogram(bins: 5) { edges }
        }
      }
      neurons(${rows}, first: 3, orderBy: { field: STANDARD_DEVIATION }) { edges { node { index } statistics { mean } } }`,
    ),
    one('top examples', `neuron(index: 1) { topExamples(${rows}, first: 5) { activation score row { index } } }`),
    one('saliency of a neuron', `neuron(index: 1) { saliency(${rows}) { ${features} } }`),
    ...['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'].map((method) => saliency(method, rows)),
  ];
}

/** Every analysis. */
export function questions(net: Net): Question[] {
  const [rows, few] = [all(net), some(net)];
  return [
    ofModel('predictions', `predictions(rows: [${net.written}]) { score target }`),
    ...centralQuestions(net),
    ...questionsOfLayers(net),
    ...questionsOfChanges(net),
    ofModel(
      'tables of embeddings',
      `features {
        name
        embeddings {
          entryCount dimension norms(bins: 4) { counts } informationAbundance effectiveRank
          normByFrequency(${rows}) { minimum entryCount meanNorm } nearest(id: 1, first: 3) { entry cosine }
        }
      }`,
    ),
    ...['SMOOTHGRAD', 'SMOOTHGRAD_SQUARED', 'VARGRAD', 'GRADIENT_SHAP'].map((method) =>
      saliency(method, rows, ', options: { samples: 3, seed: 1 }'),
    ),
    saliency('DEEP_LIFT', rows),
    saliency('FEATURE_ABLATION', few),
    {
      ...saliency('FEATURE_ABLATION', few, ', options: { baseline: { kind: MISSING } }'),
      name: 'FEATURE_ABLATION to missing values',
    },
    ...['FEATURE_PERMUTATION', 'SHAPLEY_SAMPLING'].map((method) => saliency(method, few, ', options: { samples: 3 }')),
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
    ...['ABLATION', 'HESSIAN'].map((method) =>
      ofModel(`interactions by ${method}`, `interactions(method: ${method}, ${few}) { features { name } score share }`),
    ),
    ofModel(
      'response',
      `response(feature: "${net.single}", ${few}) { points { value mean standardDeviation rowCount } }`,
    ),
  ];
}

/** Whether a layer is the one that is called `part` in Keras. */
export const isPart = (layer: string, part: string): boolean => layer.split(/[/:]/).includes(part);

const placesOf = (own: readonly { readonly name: string }[], layers: readonly string[]): number[] =>
  layers.map((part) => own.findIndex(({ name }) => isPart(name, part)));

/** Those that read outputs of layers, and no gradients but conductance. */
function questionsOfLayers(net: Net): Question[] {
  const [rows, few, { layers, tied = [] }] = [all(net), some(net), net];
  const each = ofLayers(layers);
  const [first, last] = [layers[0], layers.at(-1)] as [string, string];
  const probed = `train: { dataset: "${net.name}" }, test: { dataset: "${net.name}" }`;
  const areas = 'auc gauc trainAuc controlAuc selectivity byPartition { auc }';
  const probe = (part: string): string =>
    `probe(${probed}) { logLoss converged intercept weights { weight } ${tied.includes(part) ? '' : areas} }`;
  return [
    {
      name: 'probes',
      fields: (layer) => `
        ${layers.map((part) => `${part}: layer(name: "${layer(part)}") { ${probe(part)} }`).join('\n')}
        probes(${probed}, target: { column: "click", equals: 0 }, layers: ["${layer(last)}"]) { ${areas} }`,
    },
    {
      name: 'similarity of layers',
      fields: (layer) => `
        layer(name: "${layer(first)}") { similarity(layer: "${layer(last)}", ${rows}) }
        similarity(${rows}, with: { name: "${net.name}", version: "onnx" }) {
          baseLayers { name } candidateLayers { name } values
        }`,
      // It has all layers of both, which exporters have in different orders.
      read({ similarity, ...rest }) {
        if (similarity === null) return null;
        const [base, candidate] = [similarity.baseLayers, similarity.candidateLayers].map((own) =>
          placesOf(own, layers),
        );
        return { ...rest, values: base?.map((from) => candidate?.map((to) => similarity.values[from][to])) };
      },
    },
    each('projection by PCA', `projection(${few}) { explainedVariance points { row { index } coordinates score } }`),
    // Its thousand steps make large what is small: where a point ends is no figure that two runtimes share.
    each('projection by TSNE', `projection(method: TSNE, ${few}) { points { row { index } score } }`),
    each(
      'conductance',
      `conductance(${few}) { neuron { index } mean meanAbsolute } conductanceConvergence(${few}) { converged }`,
    ),
  ];
}

/** What has changed between rows, and between forms of one net. */
function questionsOfChanges(net: Net): Question[] {
  const [rows, dataset] = [all(net), `dataset: "${net.name}"`];
  const reference = `reference: { ${dataset}, where: [{ column: "click", op: EQ, value: 0 }] }`;
  const shifts = 'score { psi jensenShannon ks wasserstein } aucCurrent';
  return [
    ofModel(
      'history',
      `history(${rows}) { partition evaluation { rowCount logLoss } drift(${reference}) { ${shifts} } }`,
    ),
    ofModel(
      'drift of scores and features',
      `drift(${reference}, current: { ${dataset} }) {
        ${shifts} features { feature { name } shift { psi ks wasserstein } missingCurrent unseen }
      }`,
    ),
    ofModel(
      'drift of saliency',
      `drift(${reference}, current: { ${dataset} }) { saliencyRankCorrelation saliencyNdcg }`,
    ),
    {
      name: 'drift of layers',
      // Exporters have layers in different orders, and some that others have not.
      fields: (layer) => `
        ${net.layers.map((part) => `${part}: layer(name: "${layer(part)}") { index }`).join('\n')}
        drift(${reference}, current: { ${dataset} }) { layers { layer { name } meanPsi covarianceSimilarity } }`,
      read({ drift: { layers } }) {
        const own = layers.map(({ layer }: { layer: { name: string } }) => layer);
        return placesOf(own, net.layers).map((at) => ({ ...layers[at], layer: null }));
      },
    },
    ofModel(
      'intervention on a feature',
      `intervention(set: [{ feature: { name: "${net.single}", mode: SHUFFLE } }], ${rows}) {
        before { auc logLoss } after { auc logLoss } aucDifference logLossDifference scoreChange { psi ks wasserstein }
      }`,
    ),
    {
      name: 'intervention on neurons',
      fields: (layer) => `
        layer(name: "${layer(net.layers.at(-1) as string)}") { index }
        intervention(set: [{ neurons: { layer: "${layer(net.layers.at(-1) as string)}", indices: [0], mode: MEAN } }], ${rows}) {
          after { auc logLoss } scoreChange { ks wasserstein }
        }`,
      // At which place a layer is depends on the exporter.
      read: ({ intervention }) => intervention,
    },
    ofModel(
      'comparison',
      `comparison(with: { name: "${net.name}", version: "onnx" }, ${rows}) {
        baseEvaluation { auc } candidateEvaluation { auc } byPartition { slice rowCount } slices(by: "click") { slice rowCount }
      }`,
    ),
  ];
}
