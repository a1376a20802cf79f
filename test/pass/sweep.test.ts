import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { CompiledProgram, OpenModel } from '../../src/compute/executor.ts';
import type { ModelGraph } from '../../src/compute/graph.ts';
import { type Program, tensor } from '../../src/compute/program.ts';
import { float32 } from '../../src/compute/tensor.ts';
import type { Batch } from '../../src/data/types.ts';
import { type Feeds, sweepBatches } from '../../src/pass/sweep.ts';

const batchOf = (index: number, rowCount: number): Batch => ({
  rowCount,
  index: new Float64Array(rowCount).fill(index),
  inputs: { x: float32([rowCount, 1], new Float32Array(rowCount).fill(index)) },
  label: new Float32Array(rowCount),
  labelled: new Float32Array(rowCount),
  columns: {},
  skippedRowCount: 0,
});

/** Five batches of two rows each. */
const source = {
  async *read() {
    for (let index = 0; index < 5; index++) yield batchOf(index, 2);
  },
  countKept: async () => 10,
};

/** A model that gives a batch back, later ones sooner than earlier ones, and fails on some; and what was seen of it. */
let concurrency: number;
let failing: number[];
let busy: number;
let busiest: number;
let isClosed: boolean;
let runsAfterClose: number;
beforeEach(() => {
  concurrency = 3;
  failing = [];
  [busy, busiest, runsAfterClose] = [0, 0, 0];
  isClosed = false;
});

const compiled = (): CompiledProgram => ({
  get concurrency() {
    return concurrency;
  },
  async run({ inputs }) {
    if (isClosed) runsAfterClose++;
    busiest = Math.max(busiest, ++busy);
    const index = inputs.x?.data[0] as number;
    await sleep(5 * (5 - index));
    busy--;
    if (failing.includes(index)) throw new Error(`batch ${index}`);
    return { '0/x': inputs.x as never, '1/x': inputs.x as never };
  },
  async close() {
    expect(busy).toBe(0);
    isClosed = true;
  },
});
const model: OpenModel = { graph: {} as ModelGraph, compile: async () => compiled(), close: async () => undefined };

const feeds: Feeds = { parameters: () => ({}), inputs: (_, batch) => batch };

const program: Program = { outputs: { x: tensor('x') } };
const alone: Program = { ...program, rowsAtOnce: 1 };

/** The batches that results came for, in the order in which they came. */
async function swept(programs: Program[], most = Number.POSITIVE_INFINITY): Promise<[number, number][]> {
  const seen: [number, number][] = [];
  for await (const { batch, results } of sweepBatches(programs, feeds, model, source)) {
    for (const { part, outputs } of results) {
      expect(outputs.x?.data).toEqual(part.inputs.x?.data);
      seen.push([batch.index[0] as number, part.rowCount]);
    }
    if (seen.length >= most) break;
  }
  return seen;
}

test('as many batches run at a time as the program can have; results come in their order', async () => {
  expect(await swept([program])).toEqual([0, 1, 2, 3, 4].map((index) => [index, 2]));
  expect(busiest).toBe(3);
  expect(isClosed).toBe(true);
});

test('one after the other where a run takes all there is', async () => {
  concurrency = 1;
  expect(await swept([program])).toHaveLength(5);
  expect(busiest).toBe(1);
});

test('a program that can have more at a time later has them from then on', async () => {
  concurrency = 1;
  for await (const { batch } of sweepBatches([program], feeds, model, source))
    if (batch.index[0] === 1) concurrency = 2;
  expect(busiest).toBe(2);
});

test('parts of batches are runs like others', async () => {
  expect(await swept([alone])).toEqual([0, 1, 2, 3, 4].flatMap((index) => [1, 1].map((rows) => [index, rows])));
  expect(busiest).toBe(3);
});

test('the failure of the earliest batch is told, when everything under way has ended', async () => {
  failing = [2, 3];
  await expect(swept([program])).rejects.toThrow('batch 2');
  expect([isClosed, runsAfterClose]).toEqual([true, 0]);
});

test('who leaves early leaves nothing running', async () => {
  expect(await swept([program, alone], 1)).toHaveLength(3);
  await sleep(50);
  expect([isClosed, busy, runsAfterClose]).toEqual([true, 0, 0]);
});
