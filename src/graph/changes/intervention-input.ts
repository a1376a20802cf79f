import { interventionModes } from '../../questions/changes/interventions.ts';
import { builder } from '../builder/builder.ts';

const descriptions: Readonly<Record<(typeof interventionModes)[number], string>> = {
  SET: 'A value: of a feature raw, as in the dataset, where null is missing.',
  MEAN: 'The mean over the selected rows: of each neuron what the model gives as it is, of a number its raw values.',
  SCALE: 'What it is, times `value`: of a neuron what it would give, of a number its raw value.',
  SHUFFLE:
    'That of another of the selected rows, seeded: each row lends once, none to itself. Of a neuron, what the model gives on that row as it is.',
};

const InterventionMode = builder.enumType('InterventionMode', {
  description:
    'What takes the place of what a neuron gives, or of a feature’s value. `value` with MEAN or SHUFFLE is BAD_USER_INPUT.',
  values: Object.fromEntries(interventionModes.map((mode) => [mode, { description: descriptions[mode] }])) as Record<
    (typeof interventionModes)[number],
    { description: string }
  >,
});

const NeuronInterventionInput = builder.inputType('NeuronInterventionInput', {
  description: 'Neurons of a layer, at all of their positions where it has some.',
  fields: (t) => ({
    layer: t.string({ required: true, description: 'Name of the layer.' }),
    indices: t.intList({ description: 'Which of its neurons, from 0; all units of the layer when omitted.' }),
    mode: t.field({
      type: InterventionMode,
      defaultValue: 'SET',
      description: 'What takes the place of their outputs.',
    }),
    value: t.float({ description: 'Needed by SET and SCALE.' }),
  }),
});

const FeatureInterventionInput = builder.inputType('FeatureInterventionInput', {
  description: 'A feature on every row, whole: a list with its length and its padding.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name of the feature.' }),
    mode: t.field({
      type: InterventionMode,
      defaultValue: 'SET',
      description: 'What takes the place of its value; MEAN and SCALE are for numbers.',
    }),
    value: t.field({
      type: 'JSON',
      description:
        'Needed by SET, which takes a raw value as in the dataset, before vocabulary and transforms (null is missing), and by SCALE, which takes a number.',
    }),
  }),
});

const GroupInterventionInput = builder.inputType('GroupInterventionInput', {
  description: 'All features of a group at once.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name of the group.' }),
    mode: t.field({
      type: InterventionMode,
      defaultValue: 'SHUFFLE',
      description: 'SHUFFLE moves them together to another row’s; MEAN needs numbers; there is no other for a group.',
    }),
  }),
});

export const InterventionInput = builder.inputType('InterventionInput', {
  description: 'What is changed: one of these. All of a list holds at once; what is named twice is BAD_USER_INPUT.',
  isOneOf: true,
  fields: (t) => ({
    neurons: t.field({ type: NeuronInterventionInput, description: 'What neurons give.' }),
    feature: t.field({ type: FeatureInterventionInput, description: 'The value of a feature.' }),
    group: t.field({ type: GroupInterventionInput, description: 'The values of a group of features.' }),
  }),
});
