// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { expectRefused } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel, registerRows, toysFolder } from '../../support/toys.ts';

const numbers = ['a', 'b', 'c'].map((name, index) => ({
  name,
  kind: 'NUMERIC',
  input: 'x',
  index,
  ...(name !== 'c' && { group: 'pair' }),
}));
const ids = [
  { name: 'city', kind: 'CATEGORICAL', input: 'city', group: 'place' },
  { name: 'user', kind: 'CATEGORICAL', input: 'user', missing: 3 },
  { name: 'age', kind: 'NUMERIC', input: 'age', group: 'place' },
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  const { ask } = server;
  await registerModel(ask, {
    name: 'dense',
    uri: 'dense.onnx',
    manifest: { score: { output: 'score' }, features: numbers },
  });
  await registerModel(ask, {
    name: 'plain',
    uri: 'logit.onnx',
    manifest: { score: { output: 'logit', space: 'VALUE' }, features: numbers },
  });
  await registerModel(ask, { name: 'ids', uri: 'ids.onnx', manifest: { score: { output: 'score' }, features: ids } });
  const values = `SELECT (i % 7 - 3)::DOUBLE AS a, (i % 5 - 2)::DOUBLE AS b, (i % 3)::DOUBLE AS c, (i % 4)::INT AS city,
    (i % 5)::INT AS user, 1.0 AS age, CASE WHEN i % 9 = 0 THEN NULL ELSE (i * i % 11 < 5)::INT END AS click, 0 AS zero,
    CAST(NULL AS DOUBLE) AS none FROM range(60) AS t(i)`;
  await registerRows(server, 'rows', values, { label: 'click' });
  await registerRows(server, 'unlabelled', values);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Quality {
  readonly rowCount: number;
  readonly auc: number;
  readonly logLoss: number;
}
interface Found {
  readonly before: Quality | null;
  readonly after: Quality | null;
  readonly aucDifference: number | null;
  readonly logLossDifference: number | null;
  readonly scoreChange: { readonly psi: number; readonly ks: number; readonly wasserstein: number };
  readonly provenance: { readonly key: string; readonly rowCount: number };
}
const asked = (set: string, { model = 'dense', rows = 'dataset: "rows"', more = '' } = {}) => `{
  model(name: "${model}") { intervention(set: [${set}], rows: { ${rows} }${more}) {
    before { rowCount auc logLoss } after { rowCount auc logLoss } aucDifference logLossDifference
    scoreChange { psi ks wasserstein } provenance { key rowCount }
  } }
}`;
const intervened = async (...args: Parameters<typeof asked>): Promise<Found> =>
  (await answered(server.ask)<{ model: { intervention: Found } }>(asked(...args))).model.intervention;

/** By predictions of rows that are written by hand. */
async function qualityOf(change: (row: Record<string, number>) => object): Promise<Quality> {
  const rows = Array.from({ length: 60 }, (_, i) => ({ a: (i % 7) - 3, b: (i % 5) - 2, c: i % 3 }));
  const { model } = await answered(server.ask)<{ model: { predictions: { score: number }[] } }>(
    'query ($rows: [JSON!]!) { model(name: "dense") { predictions(rows: $rows) { score } } }',
    { rows: rows.map(change) },
  );
  const judged = model.predictions
    .map(({ score }, i) => ({ score, label: Number((i * i) % 11 < 5) }))
    .filter((_, i) => i % 9 !== 0);
  const pairs = judged.flatMap((one) => judged.filter(({ label }) => label < one.label).map((other) => [one, other]));
  const won = pairs.map(([one, other]) => (Math.sign((one?.score ?? 0) - (other?.score ?? 0)) + 1) / 2);
  const mean = (all: readonly number[]): number => all.reduce((sum, value) => sum + value, 0) / all.length;
  return {
    rowCount: judged.length,
    auc: mean(won),
    logLoss: mean(judged.map(({ score, label }) => -Math.log(label === 1 ? score : 1 - score))),
  };
}
const close = ({ rowCount, auc, logLoss }: Quality) => ({
  rowCount,
  auc: expect.closeTo(auc, 6),
  logLoss: expect.closeTo(logLoss, 5),
});

describe('an intervention', () => {
  test('on features says of the model what is said of rows that were written so', async () => {
    const [before, after] = [
      await qualityOf((row) => row),
      await qualityOf((row) => ({ ...row, a: 1, b: 0.5 * (row.b ?? 0) })),
    ];
    const found = await intervened(
      '{ feature: { name: "b", mode: SCALE, value: 0.5 } }, { feature: { name: "a", value: 1 } }',
    );
    expect(found.before).toEqual(close(before));
    expect(found.after).toEqual(close(after));
    expect(found.aucDifference).toBe((found.after?.auc ?? 0) - (found.before?.auc ?? 0));
    expect(found.logLossDifference).toBe((found.after?.logLoss ?? 0) - (found.before?.logLoss ?? 0));
    expect(found.scoreChange.ks).toBeGreaterThan(0);
    expect(found.provenance.rowCount).toBe(60);
  });

  test.each([
    [
      'a scale of 1',
      '{ feature: { name: "a", mode: SCALE, value: 1 } }, { neurons: { layer: "hidden", mode: SCALE, value: 1 } }',
    ],
    [
      'neurons of which nothing is left out',
      '{ neurons: { layer: "hidden", indices: [1, 0], mode: SCALE, value: 1 } }',
    ],
  ])('by %s changes nothing', async (_, set) => {
    const found = await intervened(set);
    expect(found.after).toEqual(found.before);
    expect(found).toMatchObject({
      aucDifference: 0,
      logLossDifference: 0,
      scoreChange: { psi: 0, ks: 0, wasserstein: 0 },
    });
  });

  test('that sets, averages or shuffles what is constant changes nothing', async () => {
    for (const how of ['value: 1', 'mode: MEAN', 'mode: SHUFFLE']) {
      const found = await intervened(`{ feature: { name: "age", ${how} } }`, { model: 'ids' });
      expect(found.after).toEqual(found.before);
    }
  });

  test('with every neuron of the last layer fixed knows nothing of the rows', async () => {
    const found = await intervened('{ neurons: { layer: "hidden", mode: MEAN } }');
    expect(found.after?.auc).toBe(0.5);
  });

  test('is one question in whatever order and way it was written', async () => {
    const keys = await Promise.all(
      [
        '{ group: { name: "pair" } }, { neurons: { layer: "hidden", indices: [1], value: 2 } }, { feature: { name: "c", value: 4 } }',
        '{ neurons: { value: 2, indices: [1], mode: SET, layer: "hidden" } }, { feature: { value: 4, name: "c" } }, { group: { name: "pair", mode: SHUFFLE } }',
      ].map(async (set) => (await intervened(set)).provenance.key),
    );
    expect(new Set(keys).size).toBe(1);
  });

  test('moves a group together, which is not what moving its features one by one does', async () => {
    const together = await intervened('{ group: { name: "pair" } }');
    const apart = await intervened(
      '{ feature: { name: "a", mode: SHUFFLE } }, { feature: { name: "b", mode: SHUFFLE } }',
    );
    expect(together.after?.auc).not.toBe(together.before?.auc);
    expect(apart.provenance.key).not.toBe(together.provenance.key);
  });

  test('is asked of every reading of the evaluation after it', async () => {
    interface Curves {
      readonly confusion: { readonly truePositives: number; readonly falsePositives: number };
      readonly scores: { readonly counts: readonly number[] };
      readonly slices: readonly { readonly auc: number }[];
      readonly weakSegments: readonly object[];
      readonly curve: readonly object[];
      readonly expectedCalibrationError: number;
    }
    const readings =
      '{ confusion(threshold: 0.5) { truePositives falsePositives } scores(bins: 4) { counts } expectedCalibrationError slices(by: "city") { auc } curve(kind: ROC) { threshold } weakSegments(minimumRows: 1) { logLoss } gauc(by: "city") }';
    const { model } = await answered(server.ask)<{ model: { intervention: { before: Curves; after: Curves } } }>(`{
      model(name: "dense") {
        intervention(set: [{ neurons: { layer: "logit", value: -9 } }], rows: { dataset: "rows" }) {
          before ${readings} after ${readings}
        }
      }
    }`);
    const { before, after } = model.intervention;
    expect(after.confusion).toEqual({ truePositives: 0, falsePositives: 0 });
    expect(after.scores.counts.slice(1)).toEqual([0, 0, 0]);
    expect(after.slices.map(({ auc }) => auc)).toEqual(after.slices.map(() => 0.5));
    expect(after.curve).toHaveLength(1);
    for (const name of Object.keys(after) as (keyof Curves)[]) expect(after[name]).not.toEqual(before[name]);
  });

  test('without labels, and of a VALUE, says how far the scores moved', async () => {
    const nothing = { before: null, after: null, aucDifference: null, logLossDifference: null };
    const set = '{ feature: { name: "a", value: 3 } }';
    const whole = await intervened(set);
    const unlabelled = await intervened(set, { rows: 'dataset: "unlabelled"' });
    expect(unlabelled).toMatchObject({ ...nothing, scoreChange: whole.scoreChange });
    const none = await intervened(set, { more: ', label: "none"' });
    expect(none).toMatchObject({ ...nothing, scoreChange: whole.scoreChange });
    const value = await intervened('{ neurons: { layer: "logit", value: 7 } }', { model: 'plain' });
    expect(value).toMatchObject(nothing);
    expect(value.scoreChange.wasserstein).toBeGreaterThan(1);
  });

  test('runs the model over the rows once for both sides', async () => {
    const { errors, extensions } = await server.ask(
      asked('{ feature: { name: "a", value: 1 } }', {
        rows: 'dataset: "rows", where: [{ column: "c", op: GT, value: 0 }]',
      }),
      {},
      { 'x-glassgraph-plan': '1' },
    );
    expect(errors).toEqual([]);
    expect(extensions.plan.passes).toHaveLength(1);
  });
});

describe('an intervention is refused', () => {
  const one = (set: string): string => `{ neurons: { layer: "hidden", ${set} } }`;
  test.each<[why: string, set: string, argument: string, message: string, model?: string]>([
    ['without anything', '', 'set', '`set` has 0 interventions'],
    [
      'on a layer that there is not',
      '{ neurons: { layer: "hiden", value: 0 } }',
      'set[0].neurons.layer',
      'Did you mean “hidden”',
    ],
    [
      'on a neuron that there is not',
      one('indices: [0, 2], value: 0'),
      'set[0].neurons.indices',
      'has no neuron 2; its last is 1',
    ],
    ['on no neuron', one('indices: [], value: 0'), 'set[0].neurons.indices', 'is empty'],
    ['on a neuron twice', one('indices: [1, 1], value: 0'), 'set[0].neurons.indices', 'has neuron 1 twice'],
    [
      'on a neuron by two',
      `${one('value: 0')}, ${one('indices: [1], mode: MEAN')}`,
      'set[1]',
      'changes neuron 1 of the layer “hidden”',
    ],
    ['that sets neurons to nothing', one('mode: SET'), 'set[0].neurons.value', 'SET needs it'],
    ['that scales neurons by nothing', one('mode: SCALE'), 'set[0].neurons.value', 'SCALE needs it'],
    ['with a value for a mean', one('mode: MEAN, value: 1'), 'set[0].neurons.value', 'MEAN takes none'],
    ['with a value for a shuffle', one('mode: SHUFFLE, value: 1'), 'set[0].neurons.value', 'SHUFFLE takes none'],
    ['with a value that float32 has not', one('value: 1e39'), 'set[0].neurons.value', 'one that float32 holds'],
    [
      'on a feature that there is not',
      '{ feature: { name: "aa", value: 0 } }',
      'set[0].feature.name',
      'Did you mean “a”',
    ],
    ['that sets a feature to nothing', '{ feature: { name: "a" } }', 'set[0].feature.value', 'SET needs it'],
    [
      'that sets a feature to a text',
      '{ feature: { name: "a", value: "x" } }',
      'set[0].feature.value',
      'it must be a number',
    ],
    [
      'that sets to null what cannot be missing',
      '{ feature: { name: "a", value: null } }',
      'set[0].feature.value',
      'no “missing”',
    ],
    [
      'that sets an id beyond its table',
      '{ feature: { name: "city", value: 9 } }',
      'set[0].feature.value',
      '4 entries',
      'ids',
    ],
    [
      'that scales a feature by a text',
      '{ feature: { name: "a", mode: SCALE, value: "2" } }',
      'set[0].feature.value',
      'must be a number',
    ],
    [
      'that scales ids',
      '{ feature: { name: "city", mode: SCALE, value: 2 } }',
      'set[0].feature.mode',
      'SCALE is for numbers',
      'ids',
    ],
    [
      'that averages ids',
      '{ feature: { name: "city", mode: MEAN } }',
      'set[0].feature.mode',
      'MEAN is for numbers',
      'ids',
    ],
    [
      'with null for a shuffle',
      '{ feature: { name: "a", mode: SHUFFLE, value: null } }',
      'set[0].feature.value',
      'SHUFFLE takes none',
    ],
    [
      'on a feature by two',
      '{ group: { name: "pair" } }, { feature: { name: "b", value: 1 } }',
      'set[1]',
      'changes the feature “b”',
    ],
    ['on a group that there is not', '{ group: { name: "piar" } }', 'set[0].group.name', 'Did you mean “pair”'],
    [
      'that sets a group',
      '{ group: { name: "pair", mode: SET } }',
      'set[0].group.mode',
      'a group has no value of its own',
    ],
    [
      'that averages a group with ids',
      '{ group: { name: "place", mode: MEAN } }',
      'set[0].group.mode',
      'the feature “city” is CATEGORICAL',
      'ids',
    ],
  ])('%s', async (_, set, argument, message, model = 'dense') => {
    const answer = await server.ask(asked(set, { model }));
    expectRefused(answer, ['BAD_USER_INPUT', '']);
    expect(answer.errors[0]?.message).toContain(message);
    expect(answer.errors[0]?.extensions.argument).toBe(argument);
  });

  test('that has one row lend to itself', async () => {
    const rows = 'dataset: "rows", where: [{ column: "a", op: EQ, value: 3 }, { column: "b", op: EQ, value: 2 }]';
    const answer = await server.ask(
      `{ model(name: "dense") { intervention(set: [{ group: { name: "pair" } }], rows: { ${rows} }) { scoreChange { ks } } } }`,
    );
    expectRefused(answer, ['BAD_USER_INPUT', 'there is only one row']);
  });

  test('that makes of a score what is no probability', async () => {
    const answer = await server.ask(
      '{ model(name: "dense") { intervention(set: [{ neurons: { layer: "score", value: 2 } }], rows: { dataset: "rows" }) { scoreChange { ks } } } }',
    );
    expectRefused(answer, ['ANALYSIS_FAILED', 'is what these interventions make of it']);
  });
});
