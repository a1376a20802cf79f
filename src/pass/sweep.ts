import type { Outputs, Values } from '../analysis/analysis.ts';
import type { BatchInput, OpenModel } from '../compute/executor.ts';
import type { Program } from '../compute/program.ts';
import { float32 } from '../compute/tensor.ts';
import { type BoundInputs, readBatches } from '../data/batches.ts';
import type { Batch, DatasetRecord, RowSelection } from '../data/types.ts';
import { fuse, outputsOf, parametersFor } from './fuse.ts';

/** Large enough that a call into a runtime costs nothing beside its work, small enough for the caches. */
const batchRows = 4096;

/** Rows, and the model that takes them. */
export interface SweptRows {
  readonly dataset: DatasetRecord;
  readonly rows: RowSelection;
  readonly model: OpenModel;
  readonly bound: BoundInputs;
}

export interface SweptBatch {
  readonly batch: Batch;
  /** Of each program, for all of the batch or part after part of it; none when the batch has no rows. */
  readonly results: readonly Result[];
}

interface Result {
  /** Position of the program. */
  readonly member: number;
  readonly part: Batch;
  readonly outputs: Outputs;
}

/** Of a program, by its position, for a batch or part of one. */
type ParametersOf = (member: number, batch: Batch) => Values | Promise<Values>;

/** One reading of the rows: each batch is run once for all programs. */
export const sweep = (
  programs: readonly Program[],
  parameters: ParametersOf,
  { dataset, rows, model, bound }: SweptRows,
): AsyncGenerator<SweptBatch> =>
  sweepBatches(programs, parameters, model, readBatches(dataset, rows, bound, { batchRows }));

/** The same over batches that are there. */
export async function* sweepBatches(
  programs: readonly Program[],
  parameters: ParametersOf,
  model: OpenModel,
  batches: AsyncIterable<Batch> | Iterable<Batch>,
): AsyncGenerator<SweptBatch> {
  const fused = fuse(programs);
  const compiled = await Promise.all(
    fused.map(async ({ program, members }) => ({
      members,
      rowsAtOnce: program.rowsAtOnce ?? batchRows,
      program: await model.compile(program),
    })),
  );
  try {
    for await (const batch of batches) {
      const results: Result[] = [];
      for (const { members, program, rowsAtOnce } of compiled) {
        for (const part of partsOf(batch, rowsAtOnce)) {
          const given = await Promise.all(
            members.map(async (member) => parametersFor(member, await parameters(member, part))),
          );
          const all = await program.run(batchInput(part), Object.assign({}, ...given));
          for (const member of members) results.push({ member, part, outputs: outputsOf(member, all) });
        }
      }
      yield { batch, results };
    }
  } finally {
    await Promise.all(compiled.map(({ program }) => program.close()));
  }
}

function* partsOf(batch: Batch, rowsAtOnce: number): Generator<Batch> {
  for (let from = 0; from < batch.rowCount; from += rowsAtOnce) {
    const to = Math.min(from + rowsAtOnce, batch.rowCount);
    yield to - from === batch.rowCount ? batch : rowsOf(batch, from, to);
  }
}

function rowsOf(batch: Batch, from: number, to: number): Batch {
  const inputs = Object.entries(batch.inputs).map(([name, { dtype, dims, data }]) => {
    const width = data.length / batch.rowCount;
    return [name, { dtype, dims: [to - from, ...dims.slice(1)], data: data.subarray(from * width, to * width) }];
  });
  return {
    rowCount: to - from,
    index: batch.index.subarray(from, to),
    inputs: Object.fromEntries(inputs) as Batch['inputs'],
    label: batch.label.subarray(from, to),
    labelled: batch.labelled.subarray(from, to),
    skippedRowCount: 0,
  };
}

export function batchInput({ rowCount, inputs, label, labelled }: Batch): BatchInput {
  const perRow = (values: Float32Array) =>
    float32([rowCount], values.length === 0 ? new Float32Array(rowCount) : values);
  return { rowCount, inputs, rowValues: { label: perRow(label), labelled: perRow(labelled) } };
}
