import { type Expression, gather, parameter } from '../../compute/program.ts';
import { float32, int64 } from '../../compute/tensor.ts';
import type { Batch } from '../../data/types.ts';
import type { Subject, Values } from '../analysis.ts';
import type { BaselineRows } from './baseline-rows.ts';
import { rowDimsOf } from './dims.ts';
import type { AttributionSpec } from './method.ts';
import { Draw } from './random.ts';

/** [copies · rows, …]: the carriers of the row that is drawn for each copy and row, by the name of their tensor. */
export const drawnCarriers =
  (subject: Subject) =>
  (name: string): Expression =>
    gather(
      parameter(`baselines/${name}`, 'float32', [null, ...rowDimsOf(subject, name)]),
      parameter('drawn', 'int64', [null]),
      0,
    );

/** Of the sample that a baseline is drawn for: elements of carriers are numbered from 0 on. */
const baselineElement = 2 ** 31 + 1;

/** The parameters of `drawnCarriers`, of copies that are samples, their baselines, and the row, which has any. */
export function drawnValues(
  { samples = 25, seed = 0 }: AttributionSpec,
  { rowCount: baselineCount, carriers }: BaselineRows,
  subject: Subject,
  { index, rowCount }: Batch,
): Values {
  const once = Array.from({ length: samples }, (_, sample) =>
    Array.from(index, (row) => Math.floor(new Draw(seed, row, sample).uniform(baselineElement) * baselineCount)),
  ).flat();
  const drawn = [...once, ...once, ...new Array<number>(rowCount).fill(0)];
  const values = Object.entries(carriers).map(([name, data]) => [
    `baselines/${name}`,
    float32([baselineCount, ...rowDimsOf(subject, name)], data),
  ]);
  return { drawn: int64([drawn.length], drawn), ...Object.fromEntries(values) };
}
