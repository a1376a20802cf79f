import type { Outputs, Values } from '../analysis/analysis.ts';
import { bagValues } from '../analysis/attributions/bags.ts';
import type { BatchInput, CompiledProgram, OpenModel } from '../compute/executor.ts';
import type { OtherRows, Program } from '../compute/program.ts';
import { float32 } from '../compute/tensor.ts';
import { type BoundInputs, readBatches } from '../data/batches/batches.ts';
import { partOf } from '../data/batches/part.ts';
import { countRows } from '../data/rows.ts';
import type { Batch, DatasetRecord, InputRows, RowColumn, RowSelection } from '../data/types.ts';
import { fuse, outputsOf, parametersFor } from './fuse.ts';
import { OthersReader } from './others.ts';
import { Slots } from './slots.ts';

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

/** What programs are fed with beside a batch, or part of one: each by its position. */
export interface Feeds {
  parameters(member: number, batch: Batch): Values | Promise<Values>;
  /** Of a program that `takesOwnInputs`. */
  inputs(member: number, batch: Batch): InputRows;
}

/** One reading of the rows, by `read` where they were read before: each batch is run once for all programs. */
export const sweep = (
  programs: readonly Program[],
  feeds: Feeds,
  { model, ...swept }: SweptRows,
  read = () => batchesOf(swept),
): AsyncGenerator<SweptBatch> => {
  const { dataset, rows } = swept;
  const countKept = async (): Promise<number> => (rows.invalid === 'FAIL' ? countRows(dataset, rows) : countIn(read()));
  return sweepBatches(programs, feeds, model, { read, countKept });
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

/** A program of some members, with what it wants of the rows. */
interface Compiled {
  readonly members: readonly number[];
  readonly rowsAtOnce: number;
  /** Of a program with inputs of its own, which goes alone. */
  readonly takesOwnInputs: boolean;
  readonly others: OthersReader | undefined;
  readonly program: CompiledProgram;
  readonly slots: Slots;
}

/** The same over batches from anywhere. As many runs are under way as a program can have; results come in the order of the batches. */
export async function* sweepBatches(
  programs: readonly Program[],
  feeds: Feeds,
  model: OpenModel,
  source: Source,
): AsyncGenerator<SweptBatch> {
  const compiled = await Promise.all(
    fuse(programs).map(async ({ program, members }): Promise<Compiled> => {
      const compiled = await model.compile(program);
      return {
        members,
        rowsAtOnce: program.rowsAtOnce ?? batchRows,
        takesOwnInputs: program.takesOwnInputs ?? false,
        others: program.others && (await othersReader(program.others, source)),
        program: compiled,
        slots: new Slots(compiled),
      };
    }),
  );
  const underWay: Promise<SweptBatch>[] = [];
  const aheadOf = (): number => Math.max(1, ...compiled.map(({ program }) => program.concurrency));
  try {
    for await (const batch of source.read()) {
      const wholes = await Promise.all(compiled.map(({ others }) => withOthers(batch, others)));
      const swept = sweptBatch(batch, wholes, compiled, feeds);
      // Who waits for an earlier batch hears of this one's failure later.
      swept.catch(() => undefined);
      underWay.push(swept);
      while (underWay.length >= aheadOf()) yield await (underWay.shift() as Promise<SweptBatch>);
    }
    while (underWay.length > 0) yield await (underWay.shift() as Promise<SweptBatch>);
  } finally {
    await Promise.all(compiled.map(({ slots }) => slots.close()));
    await Promise.all(compiled.flatMap(({ program, others }) => [program.close(), others?.close()]));
  }
}

const withOthers = async (batch: Batch, others: OthersReader | undefined): Promise<Batch> =>
  others === undefined ? batch : { ...batch, others: await others.of(batch) };

/** `wholes`: the batch as each of the programs takes it. */
async function sweptBatch(
  batch: Batch,
  wholes: readonly Batch[],
  compiled: readonly Compiled[],
  feeds: Feeds,
): Promise<SweptBatch> {
  const results: Result[] = [];
  for (const [at, { members, program, slots, rowsAtOnce, takesOwnInputs }] of compiled.entries()) {
    const parts = [...partsOf(wholes[at] as Batch, rowsAtOnce)];
    const run = async (part: Batch): Promise<Outputs> => {
      const ofBags = bagValues(part);
      const given = await Promise.all(
        members.map(async (member) => parametersFor(member, { ...ofBags, ...(await feeds.parameters(member, part)) })),
      );
      const { rowCount, inputs } = takesOwnInputs ? feeds.inputs(members[0] as number, part) : part;
      return program.run({ ...batchInput(part), rowCount, inputs }, Object.assign({}, ...given));
    };
    const outputs = await Promise.all(parts.map((part) => slots.run(() => run(part))));
    for (const [number, all] of outputs.entries())
      for (const member of members)
        results.push({ member, part: parts[number] as Batch, outputs: outputsOf(member, all) });
  }
  return { batch, results };
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
