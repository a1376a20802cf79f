import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ModelGraph } from '../../../src/compute/graph.ts';
import type { DType, TensorSpec } from '../../../src/compute/tensor.ts';
import { publicManifest } from '../../../src/data/manifest/manifest.ts';
import { resolveManifest } from '../../../src/data/manifest/resolve.ts';
import { loadVocabularies } from '../../../src/data/manifest/vocabulary.ts';
import { temporaryFolder } from '../parquet.ts';

const spec = (name: string, dtype: DType, ...shape: (number | null)[]): TensorSpec => ({ name, dtype, shape });
const probability = spec('probability', 'float32', null, 1);

function graphOf(inputs: TensorSpec[], outputs = [probability], logit: string | null = 'logit'): ModelGraph {
  const logits =
    logit === null ? [] : [{ output: outputs[0]?.name as string, index: 0, tensor: logit, tensorIndex: 0 }];
  const tensors = [...inputs, spec('logit', 'float32', null, 1), ...outputs];
  return { inputs, outputs, tensors, layers: [], parameterCount: 0, logits, lookups: [] };
}

const age = { name: 'age', kind: 'NUMERIC' };
const city = { name: 'city', kind: 'CATEGORICAL' };
const two = graphOf([spec('dense', 'float32', null, 2), spec('ids', 'int64', null, 3)]);
const complete = [
  { ...age, input: 'dense', index: 0 },
  { ...age, name: 'income', input: 'dense', index: 1 },
  { ...city, input: 'ids', index: 0 },
  { name: 'seen', kind: 'SEQUENCE', input: 'ids', index: 1 },
];

async function resolve(graph: ModelGraph, raw: unknown, files: Record<string, string> = {}) {
  const home = await temporaryFolder();
  const readFile = async (name: string) => {
    const text = files[name];
    if (text === undefined) throw new Error(`${name} is not there`);
    return text;
  };
  return { home, manifest: await resolveManifest(graph, raw, { readFile, home }) };
}

test('without a manifest, inputs are bound to columns of their names', async () => {
  const graph = graphOf([spec('age', 'float32', null, 1), spec('city', 'int64', null)]);
  for (const raw of [undefined, null]) {
    const { manifest } = await resolve(graph, raw);
    expect(manifest).toEqual({
      score: { output: 'probability', index: 0, space: 'PROBABILITY', logit: 'logit' },
      features: [
        { name: 'age', kind: 'NUMERIC', column: 'age', input: 'age', index: 0 },
        { name: 'city', kind: 'CATEGORICAL', column: 'city', input: 'city', index: 0 },
      ],
      vocabularies: {},
    });
  }
});

test.each<[string, ModelGraph, RegExp]>([
  ['an input of many values', two, /“dense” has more than one value a row.* lists its features/],
  [
    'an output of unknown meaning',
    graphOf([], [probability], null),
    /Nothing in the model says what .* “probability” is/,
  ],
  [
    'two outputs',
    graphOf([], [probability, spec('b', 'float32', null)]),
    /more than one value a row: “probability” \[\?, 1\], “b”/,
  ],
  ['an output of two values', graphOf([], [spec('y', 'float32', null, 2)]), /more than one value a row: “y” \[\?, 2\]/],
])('without a manifest, %s needs one', async (_, graph, message) => {
  await expect(resolve(graph, undefined)).rejects.toMatchObject({
    code: 'BINDING_MISMATCH',
    message: expect.stringMatching(message),
  });
});

test('a manifest comes out complete, and as it could be registered again', async () => {
  const raw = {
    score: { output: 'probability', negativeSampling: 0.1 },
    features: [
      ...complete.slice(0, 2),
      { ...city, column: 'town', input: 'ids', index: 0, group: 'user', vocabulary: 'city.txt' },
      { name: 'seen', kind: 'SEQUENCE', input: 'ids', index: 1 },
    ],
  };
  const { manifest, home } = await resolve(two, raw, { 'city.txt': 'Oslo\r\nRome\n' });
  expect(manifest.score).toEqual({
    output: 'probability',
    index: 0,
    space: 'PROBABILITY',
    logit: 'logit',
    negativeSampling: 0.1,
  });
  expect(manifest.features.slice(2)).toEqual([
    { ...city, column: 'town', input: 'ids', index: 0, group: 'user', vocabulary: 'city.txt', offset: 0 },
    { name: 'seen', kind: 'SEQUENCE', column: 'seen', input: 'ids', index: 1, length: 2, padding: 0 },
  ]);
  expect(await loadVocabularies(home, manifest)).toEqual({ 'city.txt': new Map(Object.entries({ Oslo: 0, Rome: 1 })) });
  const again = await resolve(two, publicManifest(manifest), { 'city.txt': 'Oslo\r\nRome\n' });
  expect(again.manifest).toEqual(manifest);
});

test('another vocabulary is another manifest', async () => {
  const graph = graphOf([spec('city', 'int64', null, 1)]);
  const raw = { features: [{ ...city, vocabulary: 'city.txt' }] };
  const { manifest } = await resolve(graph, raw, { 'city.txt': 'Oslo\nRome' });
  const other = await resolve(graph, raw, { 'city.txt': 'Rome\nOslo' });
  expect(other.manifest).not.toEqual(manifest);
});

const one = graphOf([spec('age', 'float32', null, 1)]);
test.each<[string, unknown, string, RegExp]>([
  ['no object', [], 'input.manifest', /^manifest must be object/],
  ['an unknown key', { target: [] }, 'input.manifest', /key “target”; allowed are score, targets, features/],
  [
    'a key of another kind, which is named with its feature',
    { features: [{ ...age, kind: 'CATEGORICAL', length: 3 }] },
    'input.manifest.features[0]',
    /features\[0\] has the key “length”; allowed are .* for CATEGORICAL \(the feature “age”\)\.$/,
  ],
  [
    'an unknown kind',
    { features: [{ ...age, kind: 'NUMBER' }] },
    'input.manifest.features[0].kind',
    /must be one of NUMERIC, /,
  ],
  ['no kind', { features: [{ name: 'age' }] }, 'input.manifest.features[0]', /required property 'kind'/],
  ['a key of another kind', { features: [{ ...age, length: 2 }] }, 'input.manifest.features[0]', /key “length”/],
  [
    'a hash of nothing',
    { features: [{ ...city, hash: {} }] },
    'input.manifest.features[0].hash',
    /property 'function'/,
  ],
  [
    'an unknown hash',
    { features: [{ ...city, hash: { function: 'md5', buckets: 2 } }] },
    'input.manifest.features[0].hash.function',
    /must be one of farmhash64/,
  ],
  [
    'a hash of a vocabulary',
    { features: [{ ...city, vocabulary: 'a.txt', hash: { function: 'farmhash64', buckets: 2 } }] },
    'input.manifest.features[0]',
    /both a vocabulary and a hash/,
  ],
  [
    'a target twice',
    { targets: [{ output: 'probability' }, { output: 'probability' }], features: [{ ...age, input: 'age' }] },
    'input.manifest.targets[1]',
    /is element 0 of “probability”, as another is/,
  ],
  [
    'a target that is the score on another scale',
    { targets: [{ output: 'probability', space: 'LOGIT' }], features: [{ ...age, input: 'age' }] },
    'input.manifest.targets[0]',
    /whose space is PROBABILITY, and says LOGIT/,
  ],
  ['an offset alone', { features: [{ ...city, offset: 1 }] }, 'input.manifest.features[0]', /property vocabulary/],
  [
    'a group that is no text',
    { features: [{ ...age, group: 3 }] },
    'input.manifest.features[0].group',
    /must be string/,
  ],
  ['a negative index', { features: [{ ...age, index: -1 }] }, 'input.manifest.features[0].index', /must be >= 0/],
  [
    'an unknown space',
    { score: { output: 'probability', space: 'ODDS' } },
    'input.manifest.score.space',
    /PROBABILITY, LOGIT, VALUE/,
  ],
  [
    'an unknown transform',
    { features: [{ ...age, transform: [{ log: true }] }] },
    'input.manifest.features[0].transform[0]',
    /allowed are log1p, standardize/,
  ],
  [
    'two transforms in one',
    { features: [{ ...age, transform: [{ log1p: true, clip: { low: 0, high: 1 } }] }] },
    'input.manifest.features[0].transform[0]',
    /more than 1/,
  ],
  [
    'an empty clip',
    { features: [{ ...age, transform: [{ clip: { low: 1, high: 0 } }] }] },
    'input.manifest.features[0].transform',
    /low end is above/,
  ],
  [
    'edges that fall',
    { features: [{ ...age, transform: [{ bucketize: { edges: [1, 1] } }] }] },
    'input.manifest.features[0].transform',
    /do not ascend/,
  ],
  ['two of a name', { features: [age, age] }, 'input.manifest.features', /Two features are called “age”/],
  [
    'a vocabulary elsewhere',
    { features: [{ ...city, input: 'age', vocabulary: '../city.txt' }] },
    'input.manifest',
    /not a path/,
  ],
  [
    'a vocabulary that is not there',
    { features: [{ ...city, input: 'age', vocabulary: 'town.txt' }] },
    'input.manifest',
    /“town.txt” is not beside the model/,
  ],
  [
    'an entry twice',
    { features: [{ ...city, input: 'age', vocabulary: 'twice.txt' }] },
    'input.manifest',
    /“a” twice: on line 1 and on line 3/,
  ],
  [
    'an empty vocabulary',
    { features: [{ ...city, input: 'age', vocabulary: 'empty.txt' }] },
    'input.manifest',
    /empty.txt is empty/,
  ],
])('%s is refused', async (_, raw, argument, message) => {
  await expect(resolve(one, raw, { 'twice.txt': 'a\nb\na\n', 'empty.txt': '' })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringMatching(message),
    details: { argument },
  });
});

const changed = (at: number, change: object) => ({
  features: complete.map((feature, other) => (other === at ? { ...feature, ...change } : feature)),
});
test.each<[string, unknown, RegExp]>([
  ['an unknown output', { score: { output: 'probabilty' } }, /output “probabilty”.* Did you mean “probability”/],
  ['an output index too far', { score: { output: 'probability', index: 1 } }, /index is 1, and .* has 1 values/],
  ['an unknown logit', { score: { output: 'probability', logit: 'logits' } }, /Did you mean “logit”/],
  ['an unknown input', changed(0, { input: 'dens' }), /“age” names the input “dens”.* Did you mean “dense”/],
  ['a missing index', changed(0, { index: undefined }), /“age” needs an index/],
  [
    'a slot that nothing fills',
    { features: complete.slice(1) },
    /No feature fills slot 0 of the input “dense” before “income”, whose index is 1/,
  ],
  [
    'an input that nothing fills',
    { features: complete.slice(0, 2) },
    /No feature fills slots 0 to 2 of the input “ids”/,
  ],
  ['an end that nothing fills', changed(3, { length: 1 }), /No feature fills slot 2 of the input “ids”/],
  ['a slot filled twice', changed(1, { index: 0 }), /“age” and “income” both fill slot 0 of the input “dense”/],
  ['a length that overlaps', changed(3, { index: 0, length: 3 }), /both fill slot 0/],
  [
    'a slot out of place, which leaves others empty',
    changed(3, { index: 9 }),
    /“seen” reaches to slot \d+ of the input “ids”, whose last is 2/,
  ],
  ['a slot that is not there', changed(3, { length: 5 }), /“seen” reaches to slot 5 .* last is 2/],
])('%s does not fit the model', async (_, raw, message) => {
  await expect(resolve(two, JSON.parse(JSON.stringify(raw)))).rejects.toMatchObject({
    code: 'BINDING_MISMATCH',
    message: expect.stringMatching(message),
  });
});

test('inputs that rows cannot fill are refused', async () => {
  await expect(resolve(graphOf([spec('age', 'string', null, 1)]), { features: [age] })).rejects.toThrow(/takes string/);
  await expect(resolve(graphOf([spec('age', 'float32')]), { features: [age] })).rejects.toThrow(/no axis for the rows/);
  const ragged = graphOf([spec('age', 'float32', null, null, null)]);
  const embedding = { features: [{ name: 'age', kind: 'EMBEDDING', length: 4 }] };
  await expect(resolve(ragged, embedding)).rejects.toThrow(/do not make its shape \[\?, \?, \?\]/);
});

test('the example’s manifests are complete', async () => {
  const { readFile } = await import('node:fs/promises');
  const folder = join(import.meta.dirname, '../../../examples/flights/v1');
  const graph = graphOf([spec('ids', 'int64', null, 8), spec('numbers', 'float32', null, 11)]);
  const raw = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  const files = { readFile: (name: string) => readFile(join(folder, name), 'utf8'), home: await temporaryFolder() };
  const manifest = await resolveManifest(graph, raw, files);
  expect(manifest.features.map(({ column }) => column)).toHaveLength(19);
  expect(Object.keys(manifest.vocabularies)).toHaveLength(6);
});

test('a length, a hash and a target are kept complete, and can be registered again', async () => {
  const graph = graphOf([spec('x', 'int64', null, 5), spec('n', 'int32', null)]);
  const raw = {
    targets: [{ output: 'probability', label: 'bought' }],
    features: [
      { name: 'item', kind: 'CATEGORICAL', input: 'x', index: 0, hash: { function: 'farmhash64', buckets: 9 } },
      { name: 'seen', kind: 'SEQUENCE', input: 'x', index: 1, length: 2, lengthIndex: 3 },
      { name: 'bought', kind: 'SEQUENCE', input: 'x', index: 4, length: 1, lengthInput: 'n' },
    ],
  };
  const { manifest } = await resolve(graph, raw);
  expect(manifest.targets).toEqual([{ output: 'probability', index: 0, space: 'PROBABILITY', label: 'bought' }]);
  expect(manifest.features).toMatchObject([
    { hash: { buckets: 9 }, offset: 0 },
    { lengthInput: 'x', lengthIndex: 3 },
    { lengthInput: 'n', lengthIndex: 0 },
  ]);
  expect((await resolve(graph, publicManifest(manifest))).manifest).toEqual(manifest);
  const overlapping = { features: [raw.features[0], { ...raw.features[1], lengthIndex: 2 }, raw.features[2]] };
  await expect(resolve(graph, overlapping)).rejects.toMatchObject({ code: 'BINDING_MISMATCH' });
});

test('a bag has an input for ids and one for offsets, and nothing that a padded list has', async () => {
  const graph = graphOf([spec('ids', 'int64', null), spec('offsets', 'int64', null)]);
  const bag = { name: 'tags', kind: 'SEQUENCE', input: 'ids', offsetsInput: 'offsets' };
  const { manifest } = await resolve(graph, { features: [bag] });
  expect(manifest.features).toEqual([{ ...bag, column: 'tags', index: 0, length: 1, padding: 0 }]);
  await expect(resolve(graph, { features: [{ ...bag, length: 3 }] })).rejects.toThrow(/cannot have “length”/);
  const matrix = graphOf([spec('ids', 'int64', null, 3), spec('offsets', 'int64', null)]);
  await expect(resolve(matrix, { features: [bag] })).rejects.toThrow(/its inputs have one axis; “ids” has 2/);
});
