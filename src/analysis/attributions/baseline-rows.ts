import { tensor } from '../../compute/program.ts';
import { elementCount } from '../../compute/tensor.ts';
import { attributionLimits } from '../../limits.ts';
import type { Analysis, Subject } from '../analysis.ts';
import { carriersOfFeatures } from '../players.ts';
import { assertNoBags } from './bags.ts';
import { tensorsOf } from './copies.ts';
import { rowDimsOf } from './dims.ts';

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
  kind: 'fold',
  name: 'baselineRows',
  version: 1,
  start: () => ({ rowCount: 0, chunks: [] }),
  program(_, subject) {
    assertNoBags(subject, 'baseline of other rows', 'from the ZERO baseline, which is an empty list, or from MEAN');
    return { outputs: Object.fromEntries([...carrierTensors(subject)].map((name) => [name, tensor(name)])) };
  },
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
