import type { WeightTable } from '../compute/executor.ts';
import type { ModelGraph } from '../compute/graph.ts';
import type { Program } from '../compute/program.ts';
import type { Tensor } from '../compute/tensor.ts';
import type { ColumnValues, WantedColumns } from '../data/columns/values.ts';
import type { FeatureBinding, ScoreBinding, TargetBinding } from '../data/manifest/manifest.ts';
import type { Batch, DatasetRecord, InputRows, RowColumn, RowSelection } from '../data/types.ts';
import type { PartQuestions, Question } from './question.ts';

export type Outputs = Readonly<Record<string, Tensor>>;
export type Values = Readonly<Record<string, Tensor>>;

/** What an analysis may know of its model. */
export interface Subject {
  readonly graph: ModelGraph;
  readonly score: ScoreBinding;
  /** Other elements that are not what the score is. */
  readonly targets?: readonly TargetBinding[];
  readonly features: readonly FeatureBinding[];
  /** The model that it is compared with, where the question is about two. */
  readonly base?: Subject;
}

/**
 * One question about a model and rows, as a program, a fold over its outputs, and an end. One file each, which registry.ts finds. State is O(units), never O(rows) (scores alone excepted, which go to a file); specs and results
 * are plain data (numbers, strings, typed arrays).
 */
export interface Analysis<Spec, State, Result, Parts extends readonly unknown[] = readonly []>
  extends Question<Spec, Result> {
  readonly kind: 'fold';
  /** What it needs to know before it starts: it is a pass of its own after theirs. */
  parts?(spec: Spec): PartQuestions<Parts>;
  /** `parts`: the results of its parts, in their order. */
  start(spec: Spec, subject: Subject, ...parts: Parts): State;
  /** Numbers of the rows that it wants with every batch, beside label and inputs. */
  columns?(spec: Spec): readonly RowColumn[];
  /** Of the sweep that begins with this state. */
  program(spec: Spec, subject: Subject, state: State): Program;
  /** Of the base, run first on the same rows: its outputs are parameters of `program` by their names. */
  baseProgram?(spec: Spec, base: Subject, state: State): Program;
  /** Fed with this batch, or part of one: what sweeps before this one have brought, or noise that goes by row index. */
  parameters?(state: State, batch: Batch, spec: Spec, subject: Subject): Values;
  /** Of a program that `takesOwnInputs`: what its run for this batch, or part of one, takes. */
  inputs?(state: State, batch: Batch, spec: Spec, subject: Subject): InputRows;
  fold(state: State, outputs: Outputs, batch: Batch): State;
  /** So that shards can be joined: merge(fold(a), fold(b)) = fold(a ++ b), to rounding. */
  merge(a: State, b: State): State;
  /** Another sweep over the data (a Newton step of a probe); undefined ends. */
  again?(state: State): State | undefined;
  /** How many sweeps follow the one that begins with this state, where that is known beforehand. */
  sweepsAfter?(state: State): number;
  /** Steps that follow the last sweep and read no rows (a layout that settles): progress takes each for another sweep. */
  readonly settling?: { readonly steps: number; step(state: State): State };
  /** After the last sweep, where the model’s weights have a part in the answer. */
  readTables?(state: State, tables: Tables): Promise<State>;
  finish(state: State): Result;
  /** Gives back what of the state, and so of its result, lies outside of memory: at the end of the pass, even of one that failed. */
  release?(state: State): void;
  /** For results too large for a table: kept as files, the table holds what `load` needs to find them. */
  readonly files?: ResultFiles<Result>;
}

/** Opens tables of the model's weights by name; whoever opens one closes it. */
export type Tables = (name: string) => Promise<WeightTable>;

/** `home` is the folder of the server's own files; paths are relative to it. */
export interface ResultFiles<Result> {
  save(result: Result, home: string): Promise<{ value: unknown; files: string[] }>;
  /** What a reading gets of a kept result. */
  load(value: unknown, home: string): Promise<Result>;
}

/**
 * A question that is answered from the results of others, its parts, and the dataset, without running the model: everything that is
 * read off a score file, or off the rows themselves. It shares the pass of those parts that are analyses of the same rows.
 */
export interface Reading<Spec, Parts extends readonly unknown[], Result> extends Question<Spec, Result> {
  readonly kind: 'reading';
  /** The first is about the reading's own rows, and says how many there were; without one, all that are selected are read. */
  parts(spec: Spec): PartQuestions<Parts>;
  read(spec: Spec, parts: Parts, rows: ReadableRows): Promise<Result>;
}

/** Rows as they lie in the files of their dataset. */
export interface RowSource {
  readonly dataset: DatasetRecord;
  readonly selection: RowSelection;
  /** Indexes of the rows that a model is run on: without those that the sample leaves out, and those that it cannot take. */
  used(): AsyncIterable<Float64Array>;
}

/** The rows of a question, for a reading. */
export interface ReadableRows {
  readonly source: RowSource;
  /** Other rows that the reading names as its `roles`: the reference beside which these are read. */
  readonly roles: Readonly<Record<string, ReadableRows>>;
  /** Columns in force: of the partition and of the group. */
  readonly partitionBy: string | null;
  readonly groupBy: string | null;
  /** The order of the selected partitions, by value. */
  readonly partitions: readonly string[];
  /** Values of columns of the dataset on scored rows, which come in stretches and ascend. */
  columns(wanted: WantedColumns, stretches: AsyncIterable<Float64Array>): Promise<ColumnValues>;
  /** Whether the values of a column are numbers. */
  isNumber(column: string): boolean;
}
