import { analysisNamed } from '../../src/analysis/registry.ts';
import type { KeyedQuestion, RowsTarget, Target } from '../../src/planner/plan.ts';
import type { DatasetRow } from '../../src/store/datasets.ts';
import type { ModelRow } from '../../src/store/models.ts';
import { newDataset, newModel } from '../support/rows.ts';

/** Rows of the store that nothing is asked of but what they are. */
export const targetOn = (dataset: string): RowsTarget => ({
  model: { ...newModel('ctr', '1'), id: 'ctr' } as ModelRow,
  dataset: { ...newDataset(dataset, '1'), id: dataset } as DatasetRow,
  rows: { partitions: null, where: [], invalid: 'FAIL' },
});

/** A question under a key of its own. `name` says whether it is an analysis or a reading. */
export const question = (
  key: string,
  target: Target,
  parts: readonly KeyedQuestion[] = [],
  name = 'moments',
  spec: unknown = 'kept',
): KeyedQuestion => ({ key, kind: analysisNamed(name).kind, name, spec, target, parts });
