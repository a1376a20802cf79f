import { builder } from '../builder/builder.ts';
import { FilterOperator, InvalidRows } from '../shared/enums.ts';

const PartitionRangeInput = builder.inputType('PartitionRangeInput', {
  description: 'Partitions from one to another, both included, in the order of their values.',
  fields: (t) => ({
    from: t.string({ description: 'The first; from the beginning when omitted.' }),
    to: t.string({ description: 'The last; to the end when omitted.' }),
  }),
});

const RowFilterInput = builder.inputType('RowFilterInput', {
  description: 'A condition on a column; several of them hold together.',
  fields: (t) => ({
    column: t.string({ required: true, description: 'Name of the column.' }),
    op: t.field({ type: FilterOperator, required: true, description: 'How its value is compared.' }),
    value: t.field({
      type: 'JSON',
      description:
        'What it is compared with: a list for IN, left out for IS_NULL and NOT_NULL. Whole numbers beyond 2^53, NaN (equal to itself, above all others) and infinities are written as text.',
    }),
  }),
});

export const RowsInput = builder.inputType('RowsInput', {
  description: 'Which rows of a dataset a computation reads: all of them unless narrowed. Nothing is sampled unasked.',
  fields: (t) => ({
    dataset: t.string({ required: true, description: 'Name of the dataset.' }),
    version: t.string({ description: 'The latest when omitted.' }),
    partitions: t.stringList({ description: 'Only these partitions.' }),
    partitionRange: t.field({
      type: PartitionRangeInput,
      description: 'Only partitions in this range; not together with `partitions`.',
    }),
    where: t.field({ type: [RowFilterInput], description: 'Only rows that satisfy all of these.' }),
    sample: t.int({
      description:
        'The largest number of the selected rows, drawn uniformly without replacement; all of them when omitted.',
    }),
    seed: t.int({ defaultValue: 0, description: 'The same rows are drawn for the same seed.' }),
    invalid: t.field({
      type: InvalidRows,
      defaultValue: 'FAIL',
      description: 'What to do with rows that the model cannot take.',
    }),
  }),
});
