import type { AttributionResult } from '../analysis/attribution.ts';
import type { AttributionMethod } from '../analysis/attributions/method.ts';
import type { EvaluationResult } from '../analysis/quality/evaluation.ts';
import type { LabelledSpec } from '../analysis/quality/labelled.ts';
import type { MomentsResult } from '../analysis/units/moments.ts';
import type { LayerGraph } from '../compute/graph.ts';
import type { FeatureBinding } from '../data/manifest/manifest.ts';
import type { Answer, Provenance } from '../planner/question.ts';
import type { RowsArgument } from '../questions/ask.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { JobRow } from '../store/jobs.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';

/** What stands behind the schema's types while a query runs. */
export interface LayerOfModel {
  readonly model: ModelRow;
  readonly layer: LayerGraph;
}
export interface NeuronOfLayer extends LayerOfModel {
  readonly unit: number;
}
export interface FeatureOfModel {
  readonly model: ModelRow;
  readonly feature: FeatureBinding;
}
export interface GroupOfModel {
  readonly model: ModelRow;
  readonly group: string;
}
/** A layer, and the rows on which it is looked at. */
export interface LayerOnRows extends LayerOfModel {
  readonly rows: RowsArgument;
}
export interface MomentsOfLayer extends LayerOnRows {
  readonly moments: MomentsResult;
  readonly provenance: Provenance;
}
export interface MomentsOfNeuron extends MomentsOfLayer {
  readonly unit: number;
}

/** A score of a model on rows, with its label. */
export interface ScoredRows {
  readonly model: ModelRow;
  readonly rows: RowsArgument;
  readonly spec: LabelledSpec;
}
export interface EvaluationOfModel extends ScoredRows {
  readonly answer: Answer<EvaluationResult>;
}

export interface SaliencyOfModel {
  readonly model: ModelRow;
  readonly method: AttributionMethod;
  /** What is explained, for the plot's title. */
  readonly what: string;
  readonly answer: Answer<AttributionResult>;
  /** What its baselines are drawn from, where they are. */
  readonly baselineRows: RowsArgument | undefined;
}

/** Types that refer to one another by name, so that each can have its own file. */
export const Model = builder.objectRef<ModelRow>('Model');
export const Layer = builder.objectRef<LayerOfModel>('Layer');
export const Neuron = builder.objectRef<NeuronOfLayer>('Neuron');
export const Feature = builder.objectRef<FeatureOfModel>('Feature');
export const FeatureGroup = builder.objectRef<GroupOfModel>('FeatureGroup');
export const Dataset = builder.objectRef<DatasetRow>('Dataset');
export const Job = builder.objectRef<JobRow>('Job');
export const Evaluation = builder.objectRef<EvaluationOfModel>('Evaluation');
