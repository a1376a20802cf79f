import type { Outputs, Values } from '../analysis/analysis.ts';
import { bagValues } from '../analysis/attributions/bags.ts';
import type { BatchInput, OpenModel } from '../compute/executor.ts';
import type { OtherRows, Program } from '../compute/program.ts';
import { float32 } from '../compute/tensor.ts';
import { type BoundInputs, readBatches } from '../data/batches.ts';
import { partOf } from '../data/part.ts';
import { countRows } from '../data/rows.ts';
import type { Batch, DatasetRecord, RowColumn, RowSelection } from '../data/types.ts';
import { fuse, outputsOf, parametersFor } from './fuse.ts';
import { OthersReader } from './others.ts';

/** Large enough that a call into a runtime costs nothing beside its work, small enough for the caches. */
const batchRows = 4096;

/** Rows, and the model that takes them. */
export interface SweptRows {
  readonly dataset: DatasetRecord;
  readonly rows: RowSelection;
  readonly model: OpenModel;
  readonly bound: BoundInputs;
  /** Numbers of the rows beside the model's inputs. */
  readonly columns?: readonly RowColumn[];
}

/** How the rows are read. */
export const batchesOf = ({ dataset, rows, bound, columns = [] }: Omit<SweptRows, 'model'>): AsyncIterable<Batch> =>
  readBatches(dataset, rows, bound, { batchRows, columns });

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

/** One reading of the rows, by `read` where they were read before: each batch is run once for all programs. */
export const sweep = (
  programs: readonly Program[],
  parameters: ParametersOf,
  { model, ...swept }: SweptRows,
  read = () => batchesOf(swept),
): AsyncGenerator<SweptBatch> => {
  const { dataset, rows } = swept;
  const countKept = async (): Promise<number> => (rows.invalid === 'FAIL' ? countRows(dataset, rows) : countIn(read()));
  return sweepBatches(programs, parameters, model, { read, countKept });
};

/** Batches that can be read again and again. */
interface Source {
  read(): AsyncIterable<Batch>;
  /** Rows in all of them. */
  countKept(): Promise<number>;
}

/** The rows that the model cannot take are known by reading them. */
async function countIn(batches: AsyncIterable<Batch>): Promise<number> {
  let count = 0;
  for await (const { rowCount } of batches) count += rowCount;
  return count;
}

/** The same over batches from anywhere. */
export async function* sweepBatches(
  programs: readonly Program[],
  parameters: ParametersOf,
  model: OpenModel,
  source: Source,
): AsyncGenerator<SweptBatch> {
  const fused = fuse(programs);
  const compiled = await Promise.all(
    fused.map(async ({ program, members }) => ({
      members,
      rowsAtOnce: program.rowsAtOnce ?? batchRows,
      others: program.others === undefined ? undefined : await othersReader(program.others, source),
      program: await model.compile(program),
    })),
  );
  try {
    for await (const batch of source.read()) {
      const results: Result[] = [];
      for (const { members, program, rowsAtOnce, others } of compiled) {
        const whole = others === undefined ? batch : { ...batch, others: await others.of(batch) };
        for (const part of partsOf(whole, rowsAtOnce)) {
          const ofBags = bagValues(part);
          const given = await Promise.all(
            members.map(async (member) => parametersFor(member, { ...ofBags, ...(await parameters(member, part)) })),
          );
          const all = await program.run(batchInput(part), Object.assign({}, ...given));
          for (const member of members) results.push({ member, part, outputs: outputsOf(member, all) });
        }
      }
      yield { batch, results };
    }
  } finally {
    await Promise.all(compiled.flatMap(({ program, others }) => [program.close(), others?.close()]));
  }
}

const othersReader = async (others: OtherRows, { read, countKept }: Source): Promise<OthersReader> =>
  new OthersReader(others, await countKept(), read);

function* partsOf(batch: Batch, rowsAtOnce: number): Generator<Batch> {
  for (let from = 0; from < batch.rowCount; from += rowsAtOnce) {
    yield partOf(batch, from, Math.min(from + rowsAtOnce, batch.rowCount));
  }
}

export function batchInput({ rowCount, inputs, texts, label, labelled }: Batch): BatchInput {
  const perRow = (values: Float32Array) =>
    float32([rowCount], values.length === 0 ? new Float32Array(rowCount) : values);
  return {
    rowCount,
    inputs,
    ...(texts && { textList: texts.list }),
    rowValues: { label: perRow(label), labelled: perRow(labelled) },
  };
}
