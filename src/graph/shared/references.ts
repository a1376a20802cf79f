import type { ComparedModels } from '../../questions/changes/comparison.ts';
import type { Drifted } from '../../questions/changes/drift.ts';
import type { EvaluatedRows } from '../../questions/quality.ts';
import type { FeatureOfModel, GroupOfModel, LayerOfModel, NeuronOfLayer } from '../../questions/structure.ts';
import type { DatasetRow } from '../../store/datasets.ts';
import type { JobRow } from '../../store/jobs.ts';
import type { ModelRow } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';

/** Types that refer to one another by name, so that each can have its own file. */
export const Model = builder.objectRef<ModelRow>('Model');
export const Layer = builder.objectRef<LayerOfModel>('Layer');
export const Neuron = builder.objectRef<NeuronOfLayer>('Neuron');
export const Feature = builder.objectRef<FeatureOfModel>('Feature');
export const FeatureGroup = builder.objectRef<GroupOfModel>('FeatureGroup');
export const Dataset = builder.objectRef<DatasetRow>('Dataset');
export const Job = builder.objectRef<JobRow>('Job');
export const Evaluation = builder.objectRef<EvaluatedRows>('Evaluation');
export const Drift = builder.objectRef<Drifted>('Drift');
export const Comparison = builder.objectRef<ComparedModels>('Comparison');
