import { type Expression, gather, parameter, tensor } from '../../compute/program.ts';
import { elementCount, float32, int64 } from '../../compute/tensor.ts';
import type { Batch } from '../../data/types.ts';
import { attributionLimits } from '../../limits.ts';
import type { Analysis, Subject, Values } from '../analysis.ts';
import { carriersOfFeatures } from '../players.ts';
import { tensorsOf } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import type { AttributionSpec } from './method.ts';
import { Draw } from './random.ts';

/** The carriers of rows that baselines are drawn from, in row order: [rows, …] of each tensor. */
export interface BaselineRows {
  readonly rowCount: number;
  readonly carriers: Readonly<Record<string, Float32Array>>;
}

/** So many rows of this model may be drawn from: the carriers of all of them are held in memory, and kept. */
export function mostBaselineRows(subject: Subject): number {
  const { baselineRows, baselineElements } = attributionLimits;
  const width = [...carrierTensors(subject)].reduce((sum, name) => sum + sizeOf(subject, name), 0);
  return Math.max(1, Math.min(baselineRows, Math.floor(baselineElements / width)));
}

interface BaselineState {
  readonly rowCount: number;
  readonly chunks: readonly Readonly<Record<string, Float32Array>>[];
}

/** A part of attributions whose baselines are rows: whoever asks for it selects at most `mostBaselineRows`. */
export const baselineRows: Analysis<object, BaselineState, BaselineRows> = {
  name: 'baselineRows',
  version: 1,
  start: () => ({ rowCount: 0, chunks: [] }),
  program: (_, subject) => ({
    outputs: Object.fromEntries([...carrierTensors(subject)].map((name) => [name, tensor(name)])),
  }),
  fold: ({ rowCount, chunks }, outputs, batch) => ({
    rowCount: rowCount + batch.rowCount,
    chunks: [
      ...chunks,
      Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Float32Array.from(data, Number)])),
    ],
  }),
  merge: (a, b) => ({ rowCount: a.rowCount + b.rowCount, chunks: [...a.chunks, ...b.chunks] }),
  finish({ rowCount, chunks }) {
    const names = Object.keys(chunks[0] ?? {});
    return {
      rowCount,
      carriers: Object.fromEntries(names.map((name) => [name, joined(chunks.map((chunk) => chunk[name] ?? []))])),
    };
  },
};

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

const carrierTensors = (subject: Subject): ReadonlySet<string> => tensorsOf(carriersOfFeatures(subject));

const sizeOf = (subject: Subject, name: string): number => elementCount(rowDimsOf(subject, name));

function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
