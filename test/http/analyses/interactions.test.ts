// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { float32 } from '../../../src/compute/tensor.ts';
import { modelOf } from '../../compute/onnx/models.ts';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  const numbers = `SELECT (i % 7)::DOUBLE AS a, (i % 5 - 2)::DOUBLE AS b, (i % 3)::DOUBLE AS c FROM range(40) AS t(i)`;
  await registerRows(server, 'forty', numbers);
  await registerModel(server.ask, {
    name: 'ids',
    uri: 'ids.onnx',
    manifest: {
      score: { output: 'score' },
      features: [
        { name: 'city', kind: 'CATEGORICAL', column: 'city', input: 'city' },
        { name: 'user', kind: 'CATEGORICAL', column: 'user', input: 'user' },
        {
          name: 'age',
          kind: 'NUMERIC',
          column: 'age',
          input: 'age',
          missing: 0,
          transform: [{ clip: { low: 0, high: 2 } }],
        },
      ],
    },
  });
  const people = `SELECT * FROM (VALUES (1, 2, 1.0), (3, 4, 0.0), (0, 1, 2.0), (3, 1, NULL), (3, 2, 5.0), (1, 1, 1.0), (NULL, 1, 1.0))
    AS t(city, user, age)`;
  await registerRows(server, 'people', people);
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = <Data>(document: string): Promise<Data> => answered(server.ask)<Data>(document);
/** The logit of dense.onnx, as test/fixtures/toys/README.md has it. */
const logitOf = async (rows: readonly object[], name = 'dense'): Promise<number[]> => {
  type Answer = { model: { predictions: { target: number }[] } };
  const query = `query ($rows: [JSON!]!) { model(name: "${name}") { predictions(rows: $rows) { target } } }`;
  return (await answered(server.ask)<Answer>(query, { rows })).model.predictions.map(({ target }) => target);
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('interactions', () => {
  interface Interaction {
    readonly features: { name: string }[];
    readonly score: number;
    readonly share: number | null;
  }
  const asked = async (args: string): Promise<Interaction[]> =>
    (
      await ask<{ model: { interactions: Interaction[] } }>(
        `{ model(name: "dense") { interactions(rows: { dataset: "forty" }${args}) {
          features { name } score share provenance { rowCount } } } }`,
      )
    ).model.interactions;

  test('by ablation are what predictions of rows without the features say', async () => {
    const found = await asked('');
    expect(found).toHaveLength(3);
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a));
    expect(found.reduce((sum, { share }) => sum + (share ?? 0), 0)).toBeCloseTo(1, 6);
    const rows = Array.from({ length: 40 }, (_, i) => ({ x0: i % 7, x1: (i % 5) - 2, x2: i % 3 }));
    const [f, f0, f1, f01] = [
      await logitOf(rows),
      await logitOf(rows.map((row) => ({ ...row, x0: 0 }))),
      await logitOf(rows.map((row) => ({ ...row, x1: 0 }))),
      await logitOf(rows.map((row) => ({ ...row, x0: 0, x1: 0 }))),
    ];
    const expected = mean(
      f.map((value, at) => Math.abs(value - (f0[at] as number) - (f1[at] as number) + (f01[at] as number))),
    );
    const pair = found.find(({ features }) => features.map(({ name }) => name).join() === 'x0,x1');
    expect(pair?.score).toBeCloseTo(expected, 4);
    expect(await asked(', features: ["x1", "x0"]')).toMatchObject([
      { features: [{ name: 'x0' }, { name: 'x1' }], share: 1 },
    ]);
    expect(await asked(', first: 1')).toHaveLength(1);
  });

  test('by second derivatives of a ReLU net are zero for its logit, and not for its probability', async () => {
    const logit = await asked(', method: HESSIAN');
    expect(logit.map(({ score, share }) => [score, share])).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
    const probability = await asked(', method: HESSIAN, target: { space: PROBABILITY }');
    expect(probability[0]?.score).toBeGreaterThan(0);
  });

  test('are drawn as a heat map', async () => {
    const { model } = await ask<{
      model: { interactionPlot: { mark: { type: string }; data: { values: unknown[] } } };
    }>('{ model(name: "dense") { interactionPlot(rows: { dataset: "forty" }) } }');
    expect(model.interactionPlot.mark.type).toBe('rect');
    expect(model.interactionPlot.data.values).toHaveLength(6);
  });

  test.each([
    ['features: ["x0", "x9"]', 'features'],
    ['features: ["x0"]', 'features'],
    ['first: -1', 'first'],
  ])('(%s) are refused', async (args, argument) => {
    const { errors } = await server.ask(
      `{ model(name: "dense") { interactions(rows: { dataset: "forty" }, ${args}) { score } } }`,
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
  });
});

describe('responses', () => {
  interface Response {
    readonly points: { value: unknown; mean: number; standardDeviation: number; rowCount: number }[];
  }
  const asked = async (model: string, args: string): Promise<Response> =>
    (
      await ask<{ model: { response: Response } }>(
        `{ model(name: "${model}") { response(${args}) { points { value mean standardDeviation rowCount } } } }`,
      )
    ).model.response;

  test('of a number: its quantiles, equal ones merged, each set on every row', async () => {
    const { points } = await asked('dense', 'feature: "x1", rows: { dataset: "forty" }, points: 10');
    expect(points.map(({ value }) => value)).toEqual([-2, -1, 0, 1, 2]);
    const rows = Array.from({ length: 40 }, (_, i) => ({ x0: i % 7, x1: (i % 5) - 2, x2: i % 3 }));
    for (const { value, mean: actual, standardDeviation, rowCount } of points) {
      const own = await logitOf(rows.map((row) => ({ ...row, x1: value })));
      expect(actual).toBeCloseTo(mean(own), 4);
      expect(standardDeviation).toBeCloseTo(Math.sqrt(mean(own.map((one) => (one - mean(own)) ** 2))), 4);
      expect(rowCount).toBe(40);
    }
  });

  test('values are raw: a number is set before its transform, and nulls are no value', async () => {
    const { points } = await asked(
      'ids',
      'feature: "age", rows: { dataset: "people", where: [{ column: "city", op: NOT_NULL }] }, points: 3',
    );
    expect(points.map(({ value }) => value)).toEqual([2 / 3, 1, 3].map((value) => expect.closeTo(value, 9)));
    const rows = [
      [1, 2],
      [3, 4],
      [0, 1],
      [3, 1],
      [3, 2],
      [1, 1],
    ].map(([city, user]) => ({ city, user }));
    for (const { value, mean: actual } of points)
      expect(actual).toBeCloseTo(
        mean(
          await logitOf(
            rows.map((row) => ({ ...row, age: value })),
            'ids',
          ),
        ),
        4,
      );
  });

  test('of a category: its most frequent values, by value', async () => {
    const { points } = await asked('ids', 'feature: "city", rows: { dataset: "people" }, points: 2');
    expect(points.map(({ value }) => value)).toEqual([1, 3]);
    const all = await asked('ids', 'feature: "city", rows: { dataset: "people" }');
    expect(all.points.map(({ value }) => value)).toEqual([0, 1, 3]);
  });

  test('values are those of the rows that are used: none of a row that is left out, or not in the sample', async () => {
    // Every third row has a number that the model cannot take, and values that no other row has.
    const rows = `SELECT i AS id, if(i % 3 = 0, 'NaN'::DOUBLE, i / 7) AS a, if(i % 3 = 0, 1000 + i, i * i % 50)::DOUBLE AS b, 0.0 AS c,
      if(i % 3 = 0, 3, i % 3)::INT AS city, if(i % 3 = 0, -1, 1)::INT AS user, 1.0 AS age FROM range(60) AS t(i)`;
    await registerRows(server, 'spoilt', rows);
    const same = async (model: string, feature: string, some: string, others: string): Promise<void> => {
      const [one, other] = await Promise.all(
        [some, others].map((args) =>
          asked(model, `feature: "${feature}", points: 7, rows: { dataset: "spoilt", invalid: SKIP, ${args} }`),
        ),
      );
      expect(one).toEqual(other);
    };
    const ids = (which: (id: number) => boolean) => Array.from({ length: 60 }, (_, id) => id).filter(which);
    const only = (which: readonly number[]) => `where: [{ column: "id", op: IN, value: [${which.join(', ')}] }]`;
    await same('dense', 'x1', '', only(ids((id) => id % 3 !== 0)));
    await same('ids', 'city', '', only(ids((id) => id % 3 !== 0)));
    const { model } = await ask<{ model: { explanations: { nodes: { row: { values: { id: number } } }[] } } }>(
      '{ model(name: "dense") { explanations(first: 60, rows: { dataset: "spoilt", sample: 12, invalid: SKIP }) { nodes { row { values } } } } }',
    );
    const drawn = model.explanations.nodes.map(({ row }) => row.values.id);
    expect(drawn.length).toBeLessThan(12);
    await same('dense', 'x1', 'sample: 12', only(drawn));
  });

  test('a number for an input of whole numbers is set to values that occur', async () => {
    const doubled = modelOf({
      inputs: { k: ['int32', [null, 1]] },
      weights: { two: float32([], [2]) },
      nodes: [
        ['Cast', 'k', 'number', { to: 1 }],
        ['Mul', 'number two', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    });
    await writeFile(join(server.folder, 'doubled.onnx'), toBinary(ModelProtoSchema, doubled));
    const manifest = { features: [{ name: 'k', kind: 'NUMERIC' }] };
    await registerModel(server.ask, { name: 'doubled', uri: 'doubled.onnx', manifest });
    await registerRows(server, 'whole', 'SELECT unnest([1, 4])::INT AS k');
    const { points } = await asked('doubled', 'feature: "k", rows: { dataset: "whole" }, points: 3');
    expect(points.map(({ value, mean }) => [value, mean])).toEqual([
      [1, 2],
      [4, 8],
    ]);
  });

  test.each([
    ['feature: "x9", rows: { dataset: "forty" }', { code: 'BAD_USER_INPUT', argument: 'feature' }],
    ['feature: "x1", rows: { dataset: "forty" }, points: 0', { code: 'BAD_USER_INPUT', argument: 'points' }],
    ['feature: "x1", rows: { dataset: "people" }', { code: 'BINDING_MISMATCH', feature: 'x1' }],
  ])('(%s) are refused', async (args, error) => {
    const { errors } = await server.ask(`{ model(name: "dense") { response(${args}) { points { mean } } } }`);
    expect(errors[0]?.extensions).toMatchObject(error);
  });
});

describe('conductance', () => {
  test('has every neuron of the layer, in unit order, and adds up to what it says', async () => {
    type Answer = {
      model: {
        layer: {
          conductance: { neuron: { index: number }; mean: number; meanAbsolute: number }[];
          conductanceConvergence: { meanAbsolute: number; converged: boolean };
        };
      };
    };
    const { model } = await ask<Answer>(`{ model(name: "dense") { layer(name: "hidden") {
      conductance(rows: { dataset: "forty" }) { neuron { index } mean meanAbsolute }
      conductanceConvergence(rows: { dataset: "forty" }) { meanAbsolute converged }
    } } }`);
    const { conductance, conductanceConvergence } = model.layer;
    expect(conductance.map(({ neuron }) => neuron.index)).toEqual([0, 1]);
    const rows = Array.from({ length: 40 }, (_, i) => ({ x0: i % 7, x1: (i % 5) - 2, x2: i % 3 }));
    const [base = 0] = await logitOf([{ x0: 0, x1: 0, x2: 0 }]);
    const expected = mean(await logitOf(rows)) - base;
    expect(conductance.reduce((sum, one) => sum + one.mean, 0)).toBeCloseTo(expected, 4);
    expect(conductanceConvergence).toMatchObject({ converged: true });
  });

  test('has the options of integrated gradients', async () => {
    const { errors } = await server.ask(
      `{ model(name: "dense") { layer(name: "hidden") { conductance(rows: { dataset: "forty" }, options: { samples: 3 }) { mean } } } }`,
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'options.samples' });
  });
});
