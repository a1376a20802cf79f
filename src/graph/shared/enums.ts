import type { AttributionMethod as Methods } from '../../analysis/attributions/method.ts';
import type { CurveKind as Curves } from '../../analysis/quality/thresholds.ts';
import type { executorNames, modelFormats } from '../../compute/executor.ts';
import type { layerKinds } from '../../compute/graph.ts';
import type { featureKinds, scoreSpaces } from '../../data/manifest/manifest.ts';
import { type ErrorCode as Code, errorTable } from '../../errors.ts';
import type { jobStates } from '../../store/schema.ts';
import { builder } from '../builder/builder.ts';

/** Enum values with what they mean, from a list that is checked to be complete. */
const described = <Value extends string>(descriptions: Readonly<Record<Value, string>>) =>
  Object.fromEntries(
    Object.entries(descriptions).map(([value, description]) => [value, { description: description as string }]),
  ) as Record<Value, { description: string }>;

export const ErrorCode = builder.enumType('ErrorCode', {
  description: 'What `extensions.code` of an error can be.',
  values: described<Code>(errorTable),
});

export const Direction = builder.enumType('Direction', {
  description: 'The direction of an order.',
  values: described({ ASC: 'The smallest comes first.', DESC: 'The largest comes first.' }),
});

export const ModelFormat = builder.enumType('ModelFormat', {
  description: 'How a model was exported.',
  values: described<(typeof modelFormats)[number]>({
    ONNX: 'Open Neural Network Exchange, one file with or without external data.',
    TFJS_LAYERS: 'A TensorFlow.js layers model.',
    TFJS_GRAPH: 'A TensorFlow.js graph model.',
    TF_SAVED_MODEL: 'A TensorFlow SavedModel folder.',
  }),
});

export const ExecutorName = builder.enumType('ExecutorName', {
  description: 'A compute backend.',
  values: described<(typeof executorNames)[number]>({
    ONNXRUNTIME: 'ONNX Runtime, for ONNX models.',
    TFJS: 'TensorFlow.js, for TensorFlow models.',
  }),
});

export const ScoreSpace = builder.enumType('ScoreSpace', {
  description: 'What the score of a model is.',
  values: described<(typeof scoreSpaces)[number]>({
    PROBABILITY: 'A probability of the label.',
    LOGIT: 'A logit: its sigmoid is the probability.',
    VALUE: 'A plain number, which no label is compared with.',
  }),
});

export const TargetSpace = builder.enumType('TargetSpace', {
  description: 'The scale on which a target is taken.',
  values: described({
    LOGIT: 'The logit of the score.',
    PROBABILITY: 'The probability of the score.',
    OUTPUT:
      'The element of the output tensor; raw, but for the correction of `negativeSampling` where the manifest has it.',
  }),
});

export const AttributionMethod = builder.enumType('AttributionMethod', {
  description: 'How a target is attributed to features.',
  values: described<Methods>({
    SALIENCY: 'The absolute gradient (Simonyan et al. 2014).',
    INPUT_X_GRADIENT: 'The carrier times its gradient (Shrikumar et al. 2016).',
    INTEGRATED_GRADIENTS:
      'The gradient along the straight way from the baseline, times the way (Sundararajan et al. 2017): adds up to f(x) - f(baseline), to the reported gap.',
    SMOOTHGRAD: 'The mean gradient with Gaussian noise on the carriers (Smilkov et al. 2017).',
    SMOOTHGRAD_SQUARED: 'The mean of the squared gradient with Gaussian noise on the carriers (Hooker et al. 2019).',
    VARGRAD: 'The variance of the gradient with Gaussian noise on the carriers (Adebayo et al. 2018).',
    GRADIENT_SHAP:
      'The gradient at random places on the way from the baseline, times the way (Lundberg and Lee 2017): adds up to f(x) - f(baseline) in expectation.',
    DEEP_LIFT:
      'The multipliers of the rescale rule, times the way from the baseline (Shrikumar et al. 2017): adds up to f(x) - f(baseline). A product of two things that depend on features, a softmax or a maximum between them and the target is UNSUPPORTED_OPERATOR.',
    FEATURE_ABLATION:
      'The difference f(x) - f(x with the feature at the baseline); a group goes there at once. It needs no gradient.',
    FEATURE_PERMUTATION:
      'The difference f(x) - f(x with the feature’s value of another of the selected rows). It needs no gradient.',
    SHAPLEY_SAMPLING:
      'What a feature adds when features join in a random order, on average (Castro et al. 2009): adds up to f(x) - f(baseline). A group’s is the sum of its features’. Needs no gradient.',
  }),
});

export const BaselineKind = builder.enumType('BaselineKind', {
  description: 'Where a method with a baseline starts.',
  values: described({
    ZERO: 'The zero carrier: for ids the zero embedding, for numbers 0 as the model takes them.',
    MEAN: 'The mean carrier over the selected rows; padding is not counted.',
    MISSING: 'What the manifest gives a missing value.',
  }),
});

export const CurveKind = builder.enumType('CurveKind', {
  description: 'What a curve shows as its threshold falls.',
  values: described<Curves>({
    ROC: 'The false positive rate is x, the true positive rate is y.',
    PRECISION_RECALL: 'Recall is x, precision is y.',
    LIFT: 'The share of rows that are called positive is x; their rate of positives over that of all rows is y.',
  }),
});

export const FeatureKind = builder.enumType('FeatureKind', {
  description: 'How a feature enters its model.',
  values: described<(typeof featureKinds)[number]>({
    NUMERIC: 'A number that enters as it is.',
    CATEGORICAL: 'An id that is looked up in embedding tables.',
    SEQUENCE: 'A list of ids, filled up to a fixed length.',
    EMBEDDING: 'A vector that was looked up outside of the model.',
  }),
});

export const LayerKind = builder.enumType('LayerKind', {
  description: 'What a layer does.',
  values: described<(typeof layerKinds)[number]>({
    EMBEDDING: 'A lookup of ids in a table.',
    DENSE: 'A matrix product with its bias and activation.',
    ACTIVATION: 'An activation that belongs to no other layer.',
    NORMALIZATION:
      'Batch, layer, instance or group normalisation; also one written out as a multiplication and an addition of constants, where it follows an activation.',
    INTERACTION: 'Joins or crosses features: a concatenation of carriers, products, factorisation machines.',
    ATTENTION: 'Attention: values weighted by their match with a query.',
    CONVOLUTION: 'A convolution with its bias and activation.',
    RECURRENT: 'GRU, LSTM or another recurrence.',
    POOLING: 'Sums, means or maxima over positions.',
    OUTPUT: 'What the model answers.',
    OTHER: 'Anything else with parameters.',
  }),
});

export const JobState = builder.enumType('JobState', {
  description: 'Where a job stands.',
  values: described<(typeof jobStates)[number]>({
    QUEUED: 'The job waits for a compute process.',
    RUNNING: 'A compute process works on it.',
    DONE: 'All its answers are kept.',
    FAILED: 'The job ended with an error.',
    CANCELLED: 'The job was cancelled.',
  }),
});

export const FilterOperator = builder.enumType('FilterOperator', {
  description: 'How a row’s value is compared. A null never satisfies a comparison.',
  values: described({
    EQ: 'The value is equal.',
    NE: 'The value is not equal.',
    LT: 'The value is less.',
    LTE: 'The value is less or equal.',
    GT: 'The value is greater.',
    GTE: 'The value is greater or equal.',
    IN: 'The value is one of a list.',
    IS_NULL: 'The value is null; nothing is compared with it.',
    NOT_NULL: 'The value is not null; nothing is compared with it.',
  }),
});

export const InvalidRows = builder.enumType('InvalidRows', {
  description:
    'What to do with rows that the model cannot take: a null without `missing`, NaN, an id beyond its table.',
  values: described({
    FAIL: 'The first one fails the question, naming feature, row and value.',
    SKIP: 'They are left out and counted in `skippedRowCount`.',
  }),
});

export const Scope = builder.enumType('Scope', {
  description: 'What a key may do.',
  values: described({
    READ: 'The key may see what is registered and what is kept.',
    ANALYZE: 'The key may ask questions that are computed.',
    ADMIN: 'The key may register and delete.',
  }),
});

export const NeuronOrderField = builder.enumType('NeuronOrderField', {
  description: 'What neurons are ordered by.',
  values: described({
    INDEX: 'Position in the layer.',
    MEAN: 'The mean activation.',
    STANDARD_DEVIATION: 'Standard deviation of the activation.',
    ZERO_FRACTION: 'Share of activations that are exactly zero.',
    CORRELATION_WITH_LABEL: 'Pearson correlation with the label.',
    CORRELATION_WITH_SCORE: 'Pearson correlation with the model’s score.',
    ABS_CORRELATION_WITH_LABEL: 'Absolute correlation with the label.',
    ABS_CORRELATION_WITH_SCORE: 'Absolute correlation with the model’s score.',
  }),
});

export const ProjectionMethod = builder.enumType('ProjectionMethod', {
  description: 'How many dimensions become few.',
  values: described({
    PCA: 'Principal components: the directions of largest variance, exact.',
    TSNE: 'The t-SNE embedding (van der Maaten & Hinton 2008): near rows stay near, distances mean nothing.',
  }),
});
