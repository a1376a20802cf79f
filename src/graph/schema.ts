import { builder } from './builder.ts';
import './cache.ts';
import './capabilities.ts';
import './conductance.ts';
import './dataset.ts';
import './evaluation.ts';
import './evaluation-readings.ts';
import './executor.ts';
import './explanations.ts';
import './feature.ts';
import './interaction.ts';
import './job.ts';
import './job-control.ts';
import './layer.ts';
import './model.ts';
import './model-analyses.ts';
import './model-structure.ts';
import './mutation.ts';
import './neuron.ts';
import './predictions.ts';
import './probe.ts';
import './query.ts';
import './response.ts';
import './vega-lite.ts';
import './saliency.ts';
import './viewer.ts';

/** The whole API; schema.graphql is its printed form. */
export const schema = builder.toSchema();
