import { outputElement } from '../../analysis/score.ts';
import type { CompiledProgram, OpenModel } from '../../compute/executor.ts';
import type { ModelGraph } from '../../compute/graph.ts';
import { type Expression, tensor } from '../../compute/program.ts';
import type { Tensor, TensorSpec } from '../../compute/tensor.ts';
import { partOf } from '../../data/batches/part.ts';
import type { Manifest } from '../../data/manifest/manifest.ts';
import type { Batch } from '../../data/types.ts';
import { batchInput } from '../sweep.ts';

/** Places of the rows that are watched: there are others beside each, also where a few rows are a run. */
const watched = [0, 4];
const batchSize = 8;
/** Batches with the same watched rows at the same places, and other others. */
const companyCount = 6;

/** A row to be made up: which, and how large its numbers are. */
export interface RowNumber {
  readonly number: number;
  readonly size: number;
}

/**
 * Rows for `dependenceIn`, batch after batch; in the last batch the watched ones are at other places. They are small, so that whatever is
 * scaled or chosen by a batch's largest or smallest value goes by the others, which are of every size.
 */
export function rowNumbers(): RowNumber[] {
  const others = [0.01, 0.1, 1, 3, 10, 30];
  const at = (batch: number, place: number): RowNumber => {
    const one = watched.indexOf(place);
    return one < 0 ? { number: 100 * (1 + batch) + place, size: others[batch % 6] ?? 1 } : { number: one, size: 0.1 };
  };
  const companies = range(companyCount).flatMap((batch) => range(batchSize).map((place) => at(batch, place)));
  return [...companies, ...range(batchSize).map((place) => at(0, (place + batchSize - 1) % batchSize))];
}

/** How a row depends on the rows that it is run with, where it does. */
export type Dependence =
  /** On their values; `tensor`: the first of the model that does. */
  | { readonly on: 'VALUES'; readonly tensor: string }
  /** On their number, or on its place among them. */
  | { readonly on: 'NUMBER'; readonly tensor: string };

/**
 * Runs the rows of `rowNumbers` together and alone. Where others change and nothing else, the same arithmetic is done to a row, so that it
 * gets the same to the last bit, or nearly so; where their number changes, to rounding, which may take a row to either side of a step, but
 * not all of them. Throws what the model throws.
 */
export async function dependenceIn(model: OpenModel, batch: Batch): Promise<Dependence | undefined> {
  const isGiven = isGivenOut(model.graph);
  const names = tensorsOf(model.graph, isGiven);
  const companies = range(companyCount).map((at) => partOf(batch, at * batchSize, (at + 1) * batchSize));
  const elsewhere = partOf(batch, companyCount * batchSize, (companyCount + 1) * batchSize);
  return withTensors(model, names, async (run) => {
    const [first, ...others] = await inTurn(companies, run);
    if (first === undefined) return undefined;
    if (others.some((other) => names.some((spec) => differs(spec, first, other)))) {
      const all = tensorsOf(model.graph, () => true);
      const seen = await withTensors(model, all, (runAll) => inTurn(companies, runAll));
      const [before, ...behind] = seen as [Results, ...Results[]];
      const found = all.find((spec) => behind.some((other) => differs(spec, before, other)));
      return { on: 'VALUES', tensor: found?.name ?? '' };
    }
    const company = companies[0] as Batch;
    const alone = await inTurn(
      watched.map((place) => partOf(company, place, place + 1)),
      run,
    );
    const moved = await run(elsewhere);
    const found = names.find((spec) => {
      const differing = (other: (place: number, at: number) => Place): boolean =>
        watched.every((place, at) => differsIn(spec, [first, place, batchSize], other(place, at), roughly));
      const byNumber = differing((_, at) => [alone[at] as Results, 0, 1]);
      return byNumber || differing((place) => [moved, place + 1, batchSize]);
    });
    return found && { on: 'NUMBER', tensor: found.name };
  });
}

/** Whether every row gets the same score. Rows whose score is no number say nothing. */
export async function isConstant(model: OpenModel, batch: Batch, manifest: Manifest): Promise<boolean> {
  const score = outputElement({ graph: model.graph }, manifest.score);
  return compiledFor(model, { score }, async (run) => {
    const values = Array.from((await run(batch)).score?.data ?? [], Number);
    return values.every((value) => value === values[0]);
  });
}

type Results = Readonly<Record<string, Tensor>>;

/** Rounding that differs, and values that do. */
const closely = 1e-6;
const roughly = 0.05;

/** What is given out of a model: its outputs, the logits before them, its layers. */
function isGivenOut({ outputs, logits, layers }: ModelGraph): (name: string) => boolean {
  const names = new Set([
    ...outputs.map(({ name }) => name),
    ...logits.map((logit) => logit.tensor),
    ...layers.map(({ name }) => name),
  ]);
  return (name) => names.has(name);
}

const numbers: ReadonlySet<string> = new Set('float32 float64 float16 bfloat16 int32 int64 int8 uint8 bool'.split(' '));

const tensorsOf = ({ tensors, capabilities, outputs }: ModelGraph, isWanted: (name: string) => boolean): TensorSpec[] =>
  (capabilities?.activations === false ? outputs : tensors).filter(
    ({ name, dtype, shape }) => numbers.has(dtype) && shape.includes(null) && isWanted(name),
  );

const withTensors = <Result>(
  model: OpenModel,
  specs: readonly TensorSpec[],
  use: (run: (batch: Batch) => Promise<Results>) => Promise<Result>,
): Promise<Result> => compiledFor(model, Object.fromEntries(specs.map(({ name }) => [name, tensor(name)])), use);

async function compiledFor<Result>(
  model: OpenModel,
  outputs: Readonly<Record<string, Expression>>,
  use: (run: (batch: Batch) => Promise<Results>) => Promise<Result>,
): Promise<Result> {
  const compiled: CompiledProgram = await model.compile({ outputs });
  try {
    return await use((batch) => compiled.run({ ...batchInput(batch), rowValues: {} }, {}));
  } finally {
    await compiled.close();
  }
}

async function inTurn(batches: readonly Batch[], run: (batch: Batch) => Promise<Results>): Promise<Results[]> {
  const results: Results[] = [];
  for (const batch of batches) results.push(await run(batch));
  return results;
}

/** Whether a watched row has something else of a tensor than in another company. */
const differs = (spec: TensorSpec, a: Results, b: Results): boolean =>
  watched.some((place) => differsIn(spec, [a, place, batchSize], [b, place, batchSize], closely));

type Place = readonly [results: Results, row: number, rows: number];

function differsIn({ name, shape }: TensorSpec, a: Place, b: Place, tolerance: number): boolean {
  const axis = shape.indexOf(null);
  const [own, other] = [a, b].map(([results, row, rows]) => rowOf(results[name], axis, row, rows));
  return own !== undefined && other !== undefined && differsBy(own, other, tolerance);
}

/** What a row has of a tensor; undefined where its axis is not one of rows. */
function rowOf(values: Tensor | undefined, axis: number, row: number, rows: number): number[] | undefined {
  const size = values?.dims[axis];
  if (values === undefined || size === undefined || size % rows !== 0 || size === 0) return undefined;
  const inner = values.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const width = (size / rows) * inner;
  const outer = values.data.length / (size * inner);
  return range(outer).flatMap((at) => {
    const start = at * size * inner + row * width;
    return Array.from(values.data.slice(start, start + width), Number);
  });
}

/** In parts of the largest; what is no number is equal to itself. */
function differsBy(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  if (a.length !== b.length) return true;
  const largest = Math.max(...[...a, ...b].map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)), 1e-30);
  return a.some((value, at) => {
    const other = b[at] as number;
    if (Object.is(value, other) || value === other) return false;
    return !(Math.abs(value - other) <= tolerance * largest);
  });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
