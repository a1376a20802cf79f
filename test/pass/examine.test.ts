import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executorFor } from '../../src/compute/executors.ts';
import { onnxExecutor } from '../../src/compute/onnx/executor.ts';
import { float32, int64 } from '../../src/compute/tensor.ts';
import { resolveManifest } from '../../src/data/manifest/resolve.ts';
import { examine } from '../../src/pass/examine/index.ts';
import { openedModel } from '../../src/pass/models.ts';
import type { ModelWarning } from '../../src/pass/protocol.ts';
import { type ModelText, modelOf, written } from '../compute/onnx/models.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'glassgraph-examined-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function warningsOf(
  path: string,
  raw: unknown,
  files: Record<string, string> = {},
): Promise<readonly ModelWarning[]> {
  const source = { path, root: dirname(path) };
  const executor = await executorFor(source);
  const { artifact, graph } = await executor.register(source, home, 1);
  const manifest = await resolveManifest(graph, raw, { readFile: async (name) => files[name] ?? '', home });
  const { warnings } = await examine({ model: { artifact, graph, manifest }, environment: { home, threads: 1 } });
  return warnings;
}

const fixtures = join(import.meta.dirname, '../fixtures');
const json = async (path: string) => JSON.parse(await readFile(join(fixtures, path), 'utf8'));
const zoo = (await readdir(join(fixtures, 'zoo'))).filter((name) => name.endsWith('.onnx'));
const attribution: Record<string, { features: object[] }> = await json('attribution/expected.json');

describe('nets of every kind whose rows do not see each other are not said to', () => {
  test.each(zoo)('%s', async (name) => {
    const { manifest } = await json(`zoo/${name.replace(/onnx$/, 'json')}`);
    const warnings = await warningsOf(join(fixtures, 'zoo', name), manifest);
    expect(warnings.filter(({ code }) => code !== 'SPACE_GUESSED')).toEqual([]);
  });

  test.each(Object.keys(attribution))('%s', async (name) => {
    const manifest = { score: { output: 'score', index: 0, space: 'PROBABILITY' }, ...attribution[name] };
    const { features, score } = manifest as { features: object[]; score: object };
    expect(await warningsOf(join(fixtures, 'attribution', `${name}.onnx`), { score, features })).toEqual([]);
  });

  test.each(['legacy', 'dynamo'])('lists of any length, %s', async (exporter) => {
    const bag = (name: string, more = {}) => ({
      name: `${name}s`,
      kind: 'SEQUENCE',
      input: `${name}s`,
      offsetsInput: `${name}_offsets`,
      ...more,
    });
    const features = [bag('tag'), bag('genre', { includeLastOffset: true }), { name: 'price', kind: 'NUMERIC' }];
    expect(await warningsOf(join(fixtures, `bags/ragged-${exporter}.onnx`), { features })).toEqual([]);
  });

  test.each(['v1', 'v2', 'tfjs'])('the flights, %s', async (version) => {
    const folder = join(fixtures, '../../examples/flights', version);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    const vocabularies = (await readdir(folder)).filter((name) => name.endsWith('.txt'));
    const files = await Promise.all(
      vocabularies.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
    );
    const warnings = await warningsOf(
      join(folder, version === 'tfjs' ? 'model.json' : 'model.onnx'),
      manifest,
      Object.fromEntries(files),
    );
    expect(warnings).toEqual([]);
  });
});

/** Two heads: a sigmoid, and a number that is none. */
const heads: ModelText = {
  inputs: { city: ['int64', [null, 1]] },
  weights: {
    table: float32([6, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    v: float32([2, 1], [0.1, -0.1]),
    axis: int64([1], [1]),
  },
  nodes: [
    ['Gather', 'table city', 'carrier'],
    ['Squeeze', 'carrier axis', 'flat'],
    ['MatMul', 'flat v', 'price'],
    ['Sigmoid', 'price', 'click'],
  ],
  outputs: 'click price',
};
const score = { output: 'click', index: 0 };
const city = { name: 'city', kind: 'CATEGORICAL', input: 'city' };

test('an output of which only the score says what it is gets a warning, and none where the manifest says it', async () => {
  const path = await written(modelOf(heads));
  const guessed = await warningsOf(path, { score, features: [city] });
  expect(guessed).toEqual([
    { code: 'SPACE_GUESSED', message: expect.stringContaining('“price” is taken for a PROBABILITY') },
  ]);
  const targets = [{ output: 'price', space: 'VALUE' }];
  expect(await warningsOf(path, { score, targets, features: [city] })).toEqual([]);
});

test('entries that no value of a vocabulary comes to get a warning', async () => {
  const path = await written(modelOf({ ...heads, outputs: 'click' }));
  const files = { 'cities.txt': 'rome\nparis\nlima' };
  const bound = (more: object) => ({ score, features: [{ ...city, vocabulary: 'cities.txt', ...more }] });
  // 0 for what is missing, 1 to 3; 0 to 2; 3 to 5 and 0.
  expect(await warningsOf(path, bound({ offset: 1 }), files)).toMatchObject([
    { code: 'UNREACHABLE_ENTRIES', message: expect.stringContaining('2 of the 6 entries of the table “table”') },
  ]);
  expect(await warningsOf(path, bound({}), files)).toMatchObject([{ message: expect.stringContaining('3 of the 6') }]);
  const whole = { 'cities.txt': 'a\nb\nc\nd\ne\nf' };
  expect(await warningsOf(path, bound({}), whole)).toEqual([]);
  expect(await warningsOf(path, { score, features: [city] })).toEqual([]);
});

test('a model one of whose inputs has no rows is refused with the option of its exporter', async () => {
  const path = await written(
    modelOf({
      inputs: { x: ['float32', [null, 2]], y: ['float32', [3, 2]] },
      nodes: [
        ['MatMul', 'x flat', 'z'],
        ['Reshape', 'y sizes', 'flat'],
        ['Sigmoid', 'z', 'score'],
      ],
      weights: { sizes: int64([2], [2, 3]) },
      outputs: 'score',
    }),
  );
  const number = (input: string, index: number) => ({ name: `${input}${index}`, kind: 'NUMERIC', input, index });
  const features = [number('x', 0), number('x', 1), number('y', 0), number('y', 1)];
  await expect(warningsOf(path, { score: { output: 'score' }, features })).rejects.toMatchObject({
    code: 'MODEL_REJECTED',
    message: expect.stringMatching(/first dimension of the input “y” is 3.+dynamic_axes/),
  });
});

test('a model for one batch size that an earlier version of the server registered says to register it again', async () => {
  const path = await written(modelOf({ ...heads, outputs: 'click' }));
  const { artifact, graph } = await onnxExecutor.register({ path, root: dirname(path) }, home);
  const summary = join(home, artifact.files.find((file) => file.endsWith('graph.json')) ?? '');
  const earlier = { ...graph, inputs: graph.inputs.map((input) => ({ ...input, shape: [8, 1] })) };
  await chmod(summary, 0o644);
  await writeFile(summary, JSON.stringify(earlier));
  await expect(openedModel(artifact, { home, threads: 3 })).rejects.toMatchObject({
    code: 'MODEL_REJECTED',
    message: expect.stringMatching(/takes 8 rows at a time in its input “city”.+Register the same file again/),
  });
});
