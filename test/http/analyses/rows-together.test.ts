import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { givingOut } from '../../../src/compute/onnx/outputs.ts';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { openSession, runtime } from '../../../src/compute/onnx/sessions/runtime.ts';
import { float32 } from '../../../src/compute/tensor.ts';
import { type ModelText, modelOf } from '../../compute/onnx/models.ts';
import { answered } from '../../support/ask.ts';
import { manifest, netOf, numbersFrom, parts, rowsFrom } from '../../support/coupled-nets.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterModel, registerModel, registerRows } from '../../support/toys.ts';

const rows = rowsFrom(5, 23);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const values = rows.map((row, at) => `(${[...Object.values(row), at % 3 === 0 ? 1 : 0].join(', ')})`);
  const select = `SELECT * FROM (VALUES ${values.join(', ')}) AS rows(x0, x1, x2, x3, click)`;
  await registerRows(server, 'rows', select, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Each row by itself, by onnxruntime. */
async function scoresAlone(text: ModelText): Promise<number[]> {
  const { Tensor } = await runtime();
  const session = await openSession(givingOut(modelOf(text), ['score']), { folder: '', threads: 1 });
  const scores: number[] = [];
  for (const row of rows) {
    const { score } = await session.run({ x: new Tensor('float32', Float32Array.from(Object.values(row)), [1, 4]) });
    scores.push(Number(score?.data[0]));
  }
  await session.release();
  return scores;
}

async function registered(name: string, text: ModelText): Promise<void> {
  await writeFile(join(server.folder, `${name}.onnx`), toBinary(ModelProtoSchema, modelOf(text)));
  await registerModel(server.ask, { name, uri: `${name}.onnx`, manifest });
}

const warningsOf = async (name: string): Promise<{ code: string; message: string }[]> =>
  (
    await answered(server.ask)<{ model: { warnings: { code: string; message: string }[] } }>(
      `{ model(name: "${name}") { warnings { code message } } }`,
    )
  ).model.warnings;

async function predicted(name: string, chosen: readonly number[]): Promise<number[]> {
  const { model } = await answered(server.ask)<{ model: { predictions: { score: number }[] } }>(
    `query ($rows: [JSON!]!) { model(name: "${name}") { predictions(rows: $rows) { score } } }`,
    { rows: chosen.map((row) => rows[row]) },
  );
  return model.predictions.map(({ score }) => score);
}

interface Explained {
  score: number;
  attributions: { attribution: number }[];
}
const explained = async (name: string, method: string, first = rows.length): Promise<Explained[]> =>
  (
    await answered(server.ask)<{ model: { explanations: { nodes: Explained[] } } }>(
      `{ model(name: "${name}") { explanations(rows: { dataset: "rows" }, first: ${first}, method: ${method}) {
        nodes { score attributions { attribution } } } } }`,
    )
  ).model.explanations.nodes;

/** Only methods that a quantised net can be asked for, where it is one. */
const methodsOf = (name: string): string[] =>
  name.includes('quantisation')
    ? ['FEATURE_ABLATION', 'FEATURE_PERMUTATION', 'SHAPLEY_SAMPLING']
    : ['SALIENCY', 'INTEGRATED_GRADIENTS', 'FEATURE_ABLATION'];

const nets = Object.entries(parts).flatMap(([kind, own]) =>
  Object.entries(own).flatMap(([name, part]) =>
    [1, 2].map((seed) => [`${name} ${seed}`, kind, netOf(part, seed)] as const),
  ),
);

describe.each(nets)('of a net with %s, whose rows are %s,', (name, kind, text) => {
  let alone: number[];
  beforeAll(async () => {
    await registered(name, text);
    alone = await scoresAlone(text);
  });

  test('registration says whether rows see each other', async () => {
    const warnings = await warningsOf(name);
    expect(warnings.map(({ code }) => code)).toEqual(kind === 'together' ? ['ROWS_SEE_EACH_OTHER'] : []);
    if (kind === 'together') expect(warnings[0]?.message).toContain('depends on the other rows of its batch');
  });

  test('one row has one score: alone, with any others, in an evaluation and in explanations', async () => {
    const numbers = numbersFrom(7);
    for (const size of [1, 2, 5, rows.length]) {
      const chosen = numbers(size).map((number) => Math.floor(((number + 1) / 2) * rows.length));
      const scores = await predicted(name, chosen);
      for (const [at, row] of chosen.entries()) expectScore(scores[at], alone[row]);
    }
    for (const method of methodsOf(name))
      for (const [row, { score }] of (await explained(name, method)).entries()) expectScore(score, alone[row]);
    const { model } = await answered(server.ask)<{ model: { evaluation: { auc: number; logLoss: number } } }>(
      `{ model(name: "${name}") { evaluation(rows: { dataset: "rows" }) { auc logLoss } } }`,
    );
    expect(model.evaluation).toEqual({
      auc: expect.closeTo(aucOf(alone), 6),
      logLoss: expect.closeTo(lossOf(alone), 5),
    });
  });

  /** To rounding where kernels add up in another order, else to the last bit. */
  const expectScore = (score: number | undefined, expected: number | undefined): void => {
    if (kind === 'together') expect(score).toBe(expected);
    else expect(score).toBeCloseTo(expected as number, 6);
  };

  test('and one attribution, whatever is explained beside it', async () => {
    for (const method of methodsOf(name).filter((method) => method !== 'FEATURE_PERMUTATION')) {
      const [few, all] = [await explained(name, method, 1), await explained(name, method)];
      for (const [at, { attribution }] of (few[0]?.attributions ?? []).entries())
        expect(attribution).toBeCloseTo(all[0]?.attributions[at]?.attribution as number, 5);
    }
  });
});

const isClick = (row: number): boolean => row % 3 === 0;
function aucOf(scores: readonly number[]): number {
  const pairs = scores.flatMap((own, at) =>
    isClick(at) ? scores.filter((_, other) => !isClick(other)).map((other) => own - other) : [],
  );
  return pairs.reduce((sum, difference) => sum + (Math.sign(difference) + 1) / 2, 0) / pairs.length;
}
const lossOf = (scores: readonly number[]): number =>
  scores.reduce((sum, score, at) => sum - Math.log(isClick(at) ? score : 1 - score), 0) / scores.length;

test.each<[string, ModelText['nodes']]>([
  ['a softmax over the rows', [['Softmax', 'logit', 'score', { axis: 0 }]]],
  [
    'a batch normalisation in training mode',
    [
      ['BatchNormalization', 'logit one zero mean variance', 'even m d', { training_mode: 1 }],
      ['Sigmoid', 'even', 'score'],
    ],
  ],
])('%s is refused: a row alone always has the same score', async (_, nodes) => {
  const net = netOf({ nodes: [['Identity', 'h', 'mixed']] }, 3);
  const text = {
    ...net,
    weights: {
      ...net.weights,
      one: float32([1], [1]),
      zero: float32([1], [0]),
      mean: float32([1], [0]),
      variance: float32([1], [1]),
    },
    nodes: [...net.nodes.slice(0, -1), ...nodes],
  };
  await writeFile(join(server.folder, 'same.onnx'), toBinary(ModelProtoSchema, modelOf(text)));
  const { errors } = await askToRegisterModel(server.ask, { name: 'same', uri: 'same.onnx', manifest });
  expect(errors).toMatchObject([
    {
      extensions: { code: 'MODEL_REJECTED' },
      message: expect.stringMatching(/depends on the other rows of its batch.+every row alone gets the same score/),
    },
  ]);
});
