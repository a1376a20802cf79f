import type { Outputs, Values } from '../analysis/analysis.ts';
import type { BatchInput, OpenModel } from '../compute/executor.ts';
import type { Program } from '../compute/program.ts';
import { float32 } from '../compute/tensor.ts';
import { type BoundInputs, readBatches } from '../data/batches.ts';
import type { Batch, DatasetRecord, RowSelection } from '../data/types.ts';
import { fuse, outputsOf } from './fuse.ts';

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
  /** Of each program; none when the batch has no rows. */
  readonly outputs: readonly Outputs[];
}

/** One reading of the rows: each batch is run once for all programs. */
export async function* sweep(
  programs: readonly Program[],
  parameters: Values,
  { dataset, rows, model, bound }: SweptRows,
): AsyncGenerator<SweptBatch> {
  const fused = fuse(programs);
  const compiled = await Promise.all(
    fused.map(async ({ program, members }) => ({ members, program: await model.compile(program) })),
  );
  try {
    for await (const batch of readBatches(dataset, rows, bound, { batchRows })) {
      const outputs: Outputs[] = [];
      if (batch.rowCount > 0) {
        const input = batchInput(batch);
        for (const { members, program } of compiled) {
          const all = await program.run(input, parameters);
          for (const member of members) outputs[member] = outputsOf(member, all);
        }
      }
      yield { batch, outputs };
    }
  } finally {
    await Promise.all(compiled.map(({ program }) => program.close()));
  }
}

function batchInput({ rowCount, inputs, label, labelled }: Batch): BatchInput {
  const perRow = (values: Float32Array) =>
    float32([rowCount], values.length === 0 ? new Float32Array(rowCount) : values);
  return { rowCount, inputs, rowValues: { label: perRow(label), labelled: perRow(labelled) } };
}
