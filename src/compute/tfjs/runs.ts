import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import type { ModelGraph } from '../graph.ts';
import { ofEveryRun } from '../runs.ts';
import type { Executable, Opened } from './opened.ts';
import type { Runtime } from './runtime/library.ts';

/**
 * Runs a model with so many rows at a time, however many there are, so that no row sees one of another run. The last run is filled up
 * with copies of the first row, and what comes of them is taken away. A tape records all of it.
 */
export class InRuns implements Pick<Executable, 'execute'> {
  readonly #tf: Runtime;
  readonly #model: Opened['executable'];
  readonly #rowCount: number;
  readonly #inputs: ReadonlySet<string>;
  readonly #rowAxes: ReadonlyMap<string, number>;

  constructor({ tf, executable }: Opened, { inputs, tensors }: ModelGraph, rowCount: number) {
    this.#tf = tf;
    this.#model = executable;
    this.#rowCount = rowCount;
    this.#inputs = new Set(inputs.map(({ name }) => name));
    this.#rowAxes = new Map([
      ...tensors.map(({ name, shape }) => [name, shape.indexOf(null)] as const),
      ...inputs.map(({ name }) => [name, 0] as const),
    ]);
  }

  execute(feeds: NamedTensorMap, names: string | string[]): Tensor[] {
    const wanted = [names].flat();
    const axes = wanted.map((name) => this.#rowAxisOf(name));
    const rows = Object.entries(feeds).find(([name]) => this.#inputs.has(name))?.[1].shape[0] ?? 0;
    const runCount = Math.ceil(rows / this.#rowCount);
    const filled = Object.entries(feeds).map(([name, feed]) => this.#filledUp(name, feed, rows, runCount));
    const runs = Array.from({ length: runCount }, (_, run) =>
      this.#tf.tidy(() => {
        const part = Object.fromEntries(
          filled.map(({ name, feed, axis }) => [name, this.#part(feed, axis, run, runCount)]),
        );
        return [this.#model.execute(part, wanted)].flat() as Tensor[];
      }),
    );
    return axes.map((axis, at) => {
      const joined = this.#tf.concat(
        runs.map((run) => run[at] as Tensor),
        axis,
      );
      const size = ((joined.shape[axis] ?? 0) / (runCount * this.#rowCount)) * rows;
      return size === joined.shape[axis] ? joined : this.#slice(joined, axis, 0, size);
    });
  }

  #filledUp(name: string, feed: Tensor, rows: number, runCount: number): { name: string; feed: Tensor; axis: number } {
    const axis = this.#rowAxisOf(name);
    const lack = runCount * this.#rowCount - rows;
    if (lack === 0) return { name, feed, axis };
    const first = this.#slice(feed, axis, 0, (feed.shape[axis] ?? 0) / rows);
    return { name, feed: this.#tf.concat([feed, ...new Array<Tensor>(lack).fill(first)], axis), axis };
  }

  #part(feed: Tensor, axis: number, run: number, runCount: number): Tensor {
    const size = (feed.shape[axis] ?? 0) / runCount;
    return this.#slice(feed, axis, run * size, size);
  }

  #slice(tensor: Tensor, axis: number, start: number, size: number): Tensor {
    return this.#tf.slice(
      tensor,
      tensor.shape.map((_, at) => (at === axis ? start : 0)),
      tensor.shape.with(axis, size),
    );
  }

  #rowAxisOf(name: string): number {
    const axis = this.#rowAxes.get(name) ?? -1;
    if (axis >= 0) return axis;
    throw ofEveryRun(name, this.#rowCount);
  }
}
